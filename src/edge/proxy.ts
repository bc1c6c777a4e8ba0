/** The proxy by which this process reaches the world outside, as everywhere: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. Never for this machine itself. */
import { setGlobalProxyFromEnv } from 'node:http'
import type { Dispatcher } from 'undici'

const names = ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const

/** For agents; undefined where there is none. */
export const proxyOf = (env: Readonly<Record<string, string | undefined>> = process.env): Record<(typeof names)[number], string | undefined> | undefined => {
  const [secure, plain, none] = names.map((name) => env[name] || env[name.toLowerCase()])
  if (!secure && !plain) return undefined
  return { HTTPS_PROXY: secure, HTTP_PROXY: plain, NO_PROXY: [none, 'localhost', '127.0.0.1', '::1', '[::1]'].filter(Boolean).join(',') }
}

/** Of all that goes out by `fetch`: Slack above all. */
export const useProxy = (): void => {
  const proxy = proxyOf()
  if (proxy) setGlobalProxyFromEnv(proxy)
}

/** For a WebSocket, which `fetch` does not dial; undefined where there is no proxy. It wants a connection of its own: a tunnel, and no HTTP/2. */
export const proxyDispatcher = async (): Promise<Dispatcher | undefined> => {
  const proxy = proxyOf()
  if (!proxy) return undefined
  const { EnvHttpProxyAgent } = await import('undici')
  const { HTTP_PROXY: httpProxy = '', HTTPS_PROXY: httpsProxy = '', NO_PROXY: noProxy = '' } = proxy
  return new EnvHttpProxyAgent({ httpProxy, httpsProxy, noProxy, proxyTunnel: true, allowH2: false })
}
