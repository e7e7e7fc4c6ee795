// The map's symbols, drawn into pixels here: no sprite to fetch.

const ratio = 2

function draw(size: number, paint: (c: CanvasRenderingContext2D) => void): ImageData | null {
  const canvas = document.createElement('canvas')
  canvas.width = size * ratio
  canvas.height = size * ratio
  const c = canvas.getContext('2d')
  if (c === null) return null
  c.scale(ratio, ratio)
  c.lineCap = 'round'
  c.lineJoin = 'round'
  paint(c)
  return c.getImageData(0, 0, canvas.width, canvas.height)
}

function polygon(c: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]) {
  c.beginPath()
  for (const [x, y] of points) c.lineTo(x, y)
  c.closePath()
}

// flow points along a line in the direction in which it is drawn, which is downstream.
function flow(c: CanvasRenderingContext2D) {
  polygon(c, [
    [3, 3],
    [13, 8],
    [3, 13],
    [6, 8],
  ])
  c.fillStyle = '#0f3f5e'
  c.strokeStyle = '#fbf8f1'
  c.lineWidth = 1.6
  c.stroke()
  c.fill()
}

// board is a sign on two legs.
function board(c: CanvasRenderingContext2D) {
  c.strokeStyle = '#fff'
  c.lineWidth = 4
  const legs = () => {
    c.beginPath()
    c.moveTo(7, 13)
    c.lineTo(7, 22)
    c.moveTo(17, 13)
    c.lineTo(17, 22)
    c.stroke()
  }
  legs()
  c.strokeStyle = '#1f5e52'
  c.lineWidth = 2
  legs()
  c.beginPath()
  c.roundRect(2.5, 2.5, 19, 12, 2)
  c.fillStyle = '#1f5e52'
  c.fill()
  c.strokeStyle = '#fff'
  c.lineWidth = 1.6
  c.stroke()
  c.lineWidth = 1.3
  for (const y of [6.5, 10.5]) {
    c.beginPath()
    c.moveTo(6, y)
    c.lineTo(18, y)
    c.stroke()
  }
}

// section is a drop in a diamond: a place where water is sampled.
function section(c: CanvasRenderingContext2D) {
  polygon(c, [
    [10, 1.5],
    [18.5, 10],
    [10, 18.5],
    [1.5, 10],
  ])
  c.fillStyle = '#6a3a7c'
  c.strokeStyle = '#fff'
  c.lineWidth = 1.8
  c.fill()
  c.stroke()
  c.beginPath()
  c.moveTo(10, 5.2)
  c.bezierCurveTo(14.6, 11, 12.6, 14, 10, 14)
  c.bezierCurveTo(7.4, 14, 5.4, 11, 10, 5.2)
  c.fillStyle = '#fff'
  c.fill()
}

export const pixelRatio = ratio

export function symbols(): { name: string; data: ImageData }[] {
  const out: { name: string; data: ImageData }[] = []
  for (const [name, size, paint] of [
    ['flow', 16, flow],
    ['board', 24, board],
    ['section', 20, section],
  ] as const) {
    const data = draw(size, paint)
    if (data !== null) out.push({ name, data })
  }
  return out
}
