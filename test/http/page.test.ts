/** The page in a real browser, before a real server: it shows what is so, and its Stop stops. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { describe, test, type TestContext } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { eventually, get, liftAll, notification, post } from '../flow/flow.ts'
import { folder, servicesIn, startServer } from '../flow/server.ts'
import { open } from './door.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
const skip = executablePath !== undefined || process.env['CI'] === 'true' ? false : 'no Chromium here (Debian: chromium)'
/** Where pictures go, if somebody wants to look: PICTURES=/tmp/x node --test test/http/page.test.ts */
const pictures = process.env['PICTURES']

const browse = async (t: TestContext, options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
  const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  return (await browser.newContext(options)).newPage()
}

const look = async (page: Page, name: string): Promise<void> => void (pictures && await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true }))

describe('the page', { skip }, () => {
  for (const javaScriptEnabled of [true, false]) {
    test(`pressing Stop stops, and shows its proof, ${javaScriptEnabled ? 'with' : 'without'} scripts`, { timeout: 180_000 }, async (t) => {
      const dir = folder()
      const server = await startServer(dir, servicesIn(dir))
      t.after(() => server.end())
      await liftAll(server.url)
      const page = await browse(t, { javaScriptEnabled, viewport: { width: 1200, height: 900 } })
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      await page.goto(server.url)
      assert.equal(await page.title(), 'Paramedic')
      await page.getByLabel('why').fill('the <db> burns')
      await page.getByRole('button', { name: 'STOP' }).click()
      const proof = page.locator('section.stopped')
      await proof.waitFor({ timeout: 60_000 })
      assert.match(await proof.innerText(), /Stopped: everything[\s\S]*the <db> burns[\s\S]*1 of 1 runners answered, 0 killed[\s\S]*0 survivors/)
      assert.match(await page.title(), /^STOPPED/)
      const [stop] = (await get(`${server.url}/v1/stops`)).items
      assert.deepEqual([stop.inForce, stop.matchers, stop.why], [true, [], 'the <db> burns'])
      assert.deepEqual(complaints, [], 'its own content policy refuses nothing of it')
      await look(page, `stopped-${javaScriptEnabled}`)
    })
  }

  test('what happens is shown without anybody asking again, also on a phone; hostile labels stay text', { timeout: 180_000 }, async (t) => {
    const dir = folder()
    const server = await startServer(dir, servicesIn(dir))
    t.after(() => server.end())
    await liftAll(server.url)
    const page = await browse(t, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 })
    await page.goto(server.url)
    const evil = '<img src=x onerror="document.title=1">'
    await post(`${server.url}/webhooks/alertmanager`, notification([
      { labels: { alertname: evil, n: '1' } }, { labels: { alertname: 'HighRequestLatency', service: 'web', severity: 'critical' } },
    ]))
    await page.getByText('scale-service@').first().waitFor({ timeout: 60_000 })
    await page.getByText(evil).waitFor({ timeout: 60_000 })
    assert.equal(await page.locator('img').count(), 0)
    await eventually('nothing stands wider than the phone', async () => (await page.evaluate('document.documentElement.scrollWidth')) as number <= 390)
    await look(page, 'phone')
    await page.setViewportSize({ width: 1200, height: 800 })
    await look(page, 'desk')
  })

  test('a server that hangs or is gone is said within two seconds, and that it is back', { timeout: 120_000 }, async (t) => {
    const dir = folder()
    const server = await startServer(dir, servicesIn(dir))
    t.after(() => server.end('SIGKILL'))
    const page = await browse(t, { viewport: { width: 390, height: 844 } })
    await page.goto(server.url)
    const away = page.locator('#away')
    assert.equal(await away.isVisible(), false)
    server.process.kill('SIGSTOP')
    await away.waitFor({ timeout: 30_000 })
    assert.match(await away.innerText(), /No answer from this server since \d\d:\d\d:\d\d UTC/)
    assert.match(await page.title(), /^NO ANSWER/)
    await look(page, 'away')
    server.process.kill('SIGCONT')
    await away.waitFor({ state: 'hidden', timeout: 30_000 })
    assert.doesNotMatch(await page.title(), /NO ANSWER/)
    await server.end('SIGKILL')
    await away.waitFor({ timeout: 30_000 })
  })

  test('asks for a token as the password of a login, and a page elsewhere can press nothing', { timeout: 60_000 }, async (t) => {
    const tokens = [{ name: 'ann', role: 'responder' as const, sha256: hash('sha256', 'word') }]
    const { door, parts } = await open(t, { tokens })
    const stranger = await browse(t)
    await assert.rejects(stranger.goto(door.url), /ERR_INVALID_AUTH_CREDENTIALS/, 'a browser asks for a login, and nobody is there to give one')
    const page = await browse(t, { httpCredentials: { username: 'anyone', password: 'word' } })
    assert.equal((await page.goto(door.url))?.status(), 200)
    await page.getByRole('button', { name: 'STOP' }).click()
    await page.getByText('by ann').waitFor()
    assert.equal(parts.state.stops.size, 1)
    await page.route('http://elsewhere.test/', (route) => route.fulfill({ contentType: 'text/html', body: `<form method="post" action="${door.url}/v1/stops"><button>Win</button></form>` }))
    await page.goto('http://elsewhere.test/')
    const [answer] = await Promise.all([page.waitForResponse((response) => response.url().includes('/v1/stops')), page.getByRole('button').click()])
    assert.equal(answer.status(), 403)
    assert.equal(parts.state.stops.size, 1)
  })
})
