// What the map says when something is broken, and how it comes back.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ListedRiver } from '../src/api'
import { accessible, launch, mapReady, open } from './browser'
import { riverOf } from './sample'

const url = inject('url')
let browser: Browser
let gully: ListedRiver

beforeAll(async () => {
  browser = await launch()
  gully = await riverOf(url, '哈德门沟')
})
afterAll(() => browser.close())

const problem = (status: number, detail: string) => ({
  status,
  headers: { 'Content-Type': 'application/problem+json', 'X-Request-Id': 'test-7f3a' },
  body: JSON.stringify({ type: '/problems/test', title: 'Test', status, detail }),
})

describe('the answer', () => {
  it('fails with a sentence, the request id and a way to try again', async () => {
    const { page, done } = await open(browser)
    await page.route('**/api/v1/rivers/*', (route) => route.fulfill(problem(500, 'something went wrong on our side')))
    await page.goto(`${url}/map?e2e=1&sel=river:${gully.id}`)
    await page.getByText('服务器出了错').waitFor()
    await page.getByText('test-7f3a').waitFor()
    await mapReady(page)
    await accessible(page)
    await page.unroute('**/api/v1/rivers/*')
    await page.getByRole('alert').getByRole('button', { name: '重试' }).click()
    await page.getByRole('heading', { level: 1, name: /哈德门沟/ }).waitFor()
    await done()
  })

  it('shows what the server did not accept', async () => {
    const { page, done } = await open(browser)
    await page.route('**/api/v1/responsible?*', (route) => route.fulfill(problem(400, 'lon: 10 lies outside')))
    await page.goto(`${url}/map?e2e=1&at=109.7,40.6`)
    await page.getByText('服务器没有接受这个请求').waitFor()
    await page.getByText('lon: 10 lies outside').waitFor()
    await done()
  })

  it('survives half a document', async () => {
    const { page, done } = await open(browser)
    await page.route('**/api/v1/rivers/*', (route) =>
      route.fulfill({ contentType: 'application/json', body: '{"id": 1, "na' }),
    )
    await page.goto(`${url}/map?e2e=1&sel=river:${gully.id}`)
    await page.getByText('服务器出了错').waitFor()
    await done()
  })

  it('tells a dead link', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1&sel=river:999999999`)
    await page.getByText('没有这条河').waitFor()
    await mapReady(page)
    await page.getByRole('button', { name: '看视野内的河流' }).click()
    await page.locator('.rows.thin a').first().waitFor()
    await done()
  })

  it('shows that it waits, and can be called off', async () => {
    const { page, done } = await open(browser)
    await page.clock.install()
    await page.route('**/api/v1/rivers/*', () => undefined)
    await page.goto(`${url}/map?e2e=1&sel=river:${gully.id}`)
    await page.locator('.waiting .bone').first().waitFor({ state: 'visible' })
    await page.locator('.waiting .late').waitFor({ state: 'visible' })
    await page.getByRole('button', { name: '取消' }).click()
    await page.getByRole('heading', { name: '谁在管这条河' }).waitFor()
    await done()
  })
})

describe('the search', () => {
  it('fails with a sentence and comes back', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1`)
    await page.route('**/api/v1/places?*', (route) => route.abort())
    await page.getByRole('combobox').fill('黄河')
    await page.getByText('没有连上服务器').waitFor()
    await page.unroute('**/api/v1/places?*')
    await page.locator('.hits').getByRole('button', { name: '重试' }).click()
    await page.getByRole('option').first().waitFor()
    await done()
  })

  it('says when there is nothing', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1`)
    await page.getByRole('combobox').fill('<b>无此河</b>')
    await page.getByText('没有找到“<b>无此河</b>”').waitFor()
    await done()
  })
})

describe('the tiles', () => {
  it('are counted when they fail, and fetched again', async () => {
    const { page, done } = await open(browser)
    await page.route('**/tiles/**/*.mvt*', (route) => route.fulfill(problem(500, 'no tile')))
    await page.goto(`${url}/map?e2e=1`)
    await page.getByText(/有 \d+ 块地图没有取到/).waitFor()
    expect(Number(await page.locator('body').getAttribute('data-tiles-failed'))).toBeGreaterThan(0)
    await page.unroute('**/tiles/**/*.mvt*')
    await page.getByRole('alert').getByRole('button', { name: '重试' }).click()
    await page.locator('.rows.thin a').first().waitFor()
    expect(await page.locator('body').getAttribute('data-tiles-failed')).toBe('0')
    await done()
  })

  it('are not described: search and answers go on, and the map comes back', async () => {
    const { page, done } = await open(browser)
    await page.route('**/tilejson.json*', (route) => route.fulfill(problem(503, 'the database did not answer')))
    await page.goto(`${url}/map?e2e=1`)
    await page.getByText('地图数据没有取到').waitFor()
    await page.getByRole('combobox').fill('哈德门')
    await page.getByRole('option').first().click()
    await page.getByRole('heading', { level: 1, name: /哈德门沟/ }).waitFor()
    await accessible(page)
    await page.unroute('**/tilejson.json*')
    await page.getByRole('alert').getByRole('button', { name: '重试' }).click()
    await mapReady(page)
    await done()
  })
})

describe('the network', () => {
  it('goes and comes back', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1`)
    await mapReady(page)
    await page.context().setOffline(true)
    await page.getByText('网络已断开').waitFor()
    await page.locator('.rows.thin a').first().click()
    await page.getByText('没有连上服务器').waitFor()
    await page.context().setOffline(false)
    await page.getByText('网络已断开').waitFor({ state: 'hidden' })
    await page.getByRole('alert').getByRole('button', { name: '重试' }).click()
    await page.locator('dl.facts').waitFor()
    await done()
  })
})

describe('without WebGL', () => {
  it('says so, and search and answers work', async () => {
    const plain = await launch('--disable-3d-apis')
    const { page, done } = await open(plain)
    await page.goto(`${url}/map?e2e=1`)
    await page.getByText('此浏览器不支持交互地图').waitFor()
    expect(await page.getByRole('alert').getByRole('link', { name: '文字版查询' }).getAttribute('href')).toBe('/')
    await page.getByRole('combobox').fill('哈德门')
    await page.getByRole('option').first().click()
    await page.locator('.rows a').first().click()
    await page.locator('.post').first().waitFor()
    await done()
    await plain.close()
  })
})
