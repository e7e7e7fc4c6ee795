// What the tests know of the sample.
import type { ListedRiver } from '../src/api'

// river finds a river of a server by its name.
export async function riverOf(url: string, name: string): Promise<ListedRiver> {
  const found = (await (await fetch(`${url}/api/v1/rivers?q=${encodeURIComponent(name)}`)).json()) as {
    rivers: ListedRiver[]
  }
  const first = found.rivers[0]
  if (first === undefined) throw new Error(`the sample has no ${name}`)
  return first
}
