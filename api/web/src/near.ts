// The locate button of the server's pages. Without this script the page has no such button and lacks nothing else.
const button = document.getElementById('near')
const said = document.getElementById('near-said')

function tell(key: string) {
  if (said !== null) said.textContent = button?.dataset[key] ?? ''
}

if (button instanceof HTMLButtonElement) {
  if (!window.isSecureContext || !('geolocation' in navigator)) {
    tell('insecure')
  } else {
    button.hidden = false
    button.addEventListener('click', () => {
      tell('working')
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          const query = new URLSearchParams(location.search)
          query.delete('q')
          query.set('lon', coords.longitude.toFixed(6))
          query.set('lat', coords.latitude.toFixed(6))
          if (coords.accuracy > 500) query.set('accuracy', String(Math.round(coords.accuracy)))
          location.assign(`/?${query}`)
        },
        (fault) => tell(fault.code === fault.PERMISSION_DENIED ? 'refused' : 'timeout'),
        { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 },
      )
    })
  }
}

export {}
