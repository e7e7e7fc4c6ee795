// Starts the program that is tested, HETU_BIN, twice, each in a folder of its own: with the sample, and with a generated
// network. Nothing when HETU_URL names one that runs already; HETU_GROWN_URL one with a larger network.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    url: string // with the sample
    grown: string // with a generated network
    invite: string // the first administrator's link, of the first; empty where that runs already
  }
}

const startWithinMs = 150_000

export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env['HETU_URL']
  if (given !== undefined && given !== '') {
    const url = given.replace(/\/$/, '')
    project.provide('url', url)
    project.provide('grown', process.env['HETU_GROWN_URL']?.replace(/\/$/, '') ?? url)
    project.provide('invite', process.env['HETU_INVITE'] ?? '')
    return undefined
  }
  const bin = process.env['HETU_BIN']
  if (bin === undefined || bin === '') throw new Error('set HETU_BIN to the built hetu, or HETU_URL to one that runs')
  const folder = await mkdtemp(join(tmpdir(), 'hetu-e2e-'))
  const started: ChildProcess[] = []
  const serve = (data: string, ...more: string[]) => {
    const child = spawn(bin, ['serve', '--listen', '127.0.0.1:0', '--data-dir', join(folder, data), ...more], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    started.push(child)
    return told(child)
  }
  const stop = async () => {
    await Promise.all(started.map(ended))
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const grow = ['sample', 'load', '--reaches', '4000', '--seed', '1', '--data-dir', join(folder, 'grown')]
    const sample = await serve('sample', '--sample')
    project.provide('url', sample.url)
    project.provide('invite', sample.invite)
    await promisify(execFile)(bin, grow, { timeout: startWithinMs })
    project.provide('grown', (await serve('grown')).url)
  } catch (cause) {
    await stop()
    throw cause
  }
  return stop
}

// told waits for what the program says when it is ready: where it is, and the link of the first administrator.
function told(child: ChildProcess): Promise<{ url: string; invite: string }> {
  return new Promise((resolve, reject) => {
    let log = ''
    const fail = (why: string) => reject(new Error(`${why}\n${log}`))
    const timer = setTimeout(() => fail('hetu gave no address in time'), startWithinMs)
    child.stderr?.on('data', (text: Buffer) => {
      log = (log + text.toString()).slice(-4000)
    })
    child.once('error', (cause) => fail(cause.message))
    child.once('exit', (code) => fail(`hetu ended with ${code}`))
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (line) => {
      const found = /(https?:\/\/127\.0\.0\.1:\d+)\/invite\/\S+/.exec(line)
      if (found?.[1] === undefined) return
      clearTimeout(timer)
      resolve({ url: found[1], invite: found[0] })
    })
  })
}

// ended asks the program to stop, and waits: it has a database of its own to put away.
function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
