// Who is logged in, on the server's pages: the name and a button to log out stand where the link to log in stood. The pages themselves are the same for
// everybody, so that they may be kept; without this script /login tells as much.
const link = document.getElementById('who')

// The server sets this cookie with the session's, which no script sees. Who has none asks for nothing.
function here(): boolean {
  return document.cookie.split('; ').includes('hetu_here=1')
}

function show(at: HTMLElement, name: string) {
  const form = document.createElement('form')
  form.action = '/logout'
  form.method = 'post'
  form.className = 'who'
  const said = document.createElement('a')
  said.href = at.getAttribute('href') ?? '/login'
  said.textContent = name
  said.title = (at.dataset['as'] ?? '%s').replace('%s', () => name)
  const out = document.createElement('button')
  out.textContent = at.dataset['out'] ?? ''
  form.append(said, out)
  at.replaceWith(form)
}

async function ask(at: HTMLElement) {
  const answer = await fetch('/api/v1/session', { cache: 'no-store' })
  if (!answer.ok) return
  const session: unknown = await answer.json()
  if (typeof session !== 'object' || session === null) return
  const names = session as Record<string, unknown>
  const name = names['display_name'] ?? names['name']
  if (typeof name === 'string' && name !== '') show(at, name)
}

// That nobody can be asked changes nothing: the link to log in stays.
if (link !== null && here()) ask(link).catch(() => undefined)

export {}
