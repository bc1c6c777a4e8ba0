/** A unit that failed is started again; it takes a second look until it is active. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'NodeSystemdServiceFailed', instance: 'web-1:9100', name: 'nginx.service', state: 'failed', severity: 'warning' } },
  targets: { 'web-1:9100/nginx.service': { replicas: 1 } },
  plan: [{ target: 'web-1:9100/nginx.service', from: 'failed', to: 'restarted' }],
  calls: [
    '$ systemctl restart -- nginx.service',
    { call: '$ systemctl is-active --quiet -- nginx.service', fails: 3 },
    '$ systemctl is-active --quiet -- nginx.service',
  ],
})
