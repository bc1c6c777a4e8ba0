/** Old files of a cache and of rotated logs are removed, and a quarter of the disk is free. */
import { trial } from 'paramedic'

export default trial({
  alert: { labels: { alertname: 'NodeFilesystemAlmostOutOfSpace', instance: 'web-1', mountpoint: '/var', severity: 'critical' } },
  params: { paths: '/var/cache/shop:/var/log/shop:/srv/cache' },
  targets: { 'web-1': { replicas: 1 } },
  plan: [{ target: 'web-1', from: ['/var/cache/shop', '/var/log/shop'], to: 'without files older than 7 days' }],
  calls: [
    { call: '$ find /var/cache/shop /var/log/shop -xdev -type f -mtime +7 -printf . | wc -c', gives: '12' },
    '$ find /var/cache/shop /var/log/shop -xdev -type f -mtime +7 -delete',
    { call: '$ df --output=pcent -- /var', gives: 'Use%\n 75%\n' },
  ],
})
