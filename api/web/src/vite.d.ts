declare module '*?worker&url' {
  const url: string
  // Vite's own shape.
  export default url
}
declare module '*.css'
