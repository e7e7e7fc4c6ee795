// A reporter that ends with one line to be read by a script: "71 passed, 0 failed".
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export class Counts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]) {
    let passed = 0
    let failed = errors.length
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') passed += 1
        if (state === 'failed') failed += 1
      }
      if (module.errors().length > 0) failed += 1
    }
    process.stdout.write(`${passed} passed, ${failed} failed\n`)
  }
}
