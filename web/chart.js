// Lines over time. The numbers stand in a table beside the picture; this only draws them.
import uPlot from 'uplot'

export function draw(box) {
  const { times, series, unit } = JSON.parse(box.querySelector('script[type="application/json"]').textContent)
  const canvas = box.querySelector('.v-chart-canvas')
  const language = document.documentElement.lang
  let plot
  const paint = () => {
    plot?.destroy()
    const from = getComputedStyle(document.documentElement)
    const colour = (name) => from.getPropertyValue(`--v-${name}`).trim()
    const strokes = ['link', 'amber-shape', 'green', 'red', 'ink-2'].map(colour)
    const axis = { stroke: colour('ink-2'), grid: { stroke: colour('line'), width: 1 }, ticks: { stroke: colour('line'), width: 1 } }
    const number = new Intl.NumberFormat(language)
    const write = (value) => (value == null ? '–' : number.format(value) + (unit ? ` ${unit}` : ''))
    plot = new uPlot({
      width: canvas.clientWidth, height: 220,
      series: [
        { value: (_, seconds) => (seconds == null ? '–' : new Date(seconds * 1000).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })) },
        ...series.map((line, i) => ({ label: line.label, stroke: strokes[i % strokes.length], width: 1.5, dash: i ? [6, 3 * i] : [], value: (_, v) => write(v) })),
      ],
      axes: [axis, { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => number.format(tick)) }],
    }, [times, ...series.map((line) => line.values)], canvas)
  }
  paint()
  new ResizeObserver(() => plot.width !== canvas.clientWidth && plot.setSize({ width: canvas.clientWidth, height: 220 })).observe(canvas)
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] })
}
