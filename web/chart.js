// Lines over time. The numbers stand in a table beside the picture; this only draws them.
import uPlot from 'uplot'

export function draw(box) {
  const { times, series, unit, time } = JSON.parse(box.querySelector('template').content.textContent)
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
    const day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })
    const hour = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    // A tick at midnight names the day, others the hour.
    const days = (ticks) => ticks.map((tick) => {
      const at = new Date(tick * 1000)
      return at.getHours() || at.getMinutes() ? hour.format(at) : day.format(at)
    })
    plot = new uPlot({
      width: canvas.clientWidth, height: 220,
      series: [
        { label: time, value: (_, seconds) => (seconds == null ? '–' : new Date(seconds * 1000).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' })) },
        ...series.map((line, i) => ({ label: line.label, stroke: strokes[i % strokes.length], width: 1.5, dash: i ? [6, 3 * i] : [], points: { show: false }, value: (_, v) => write(v) })),
      ],
      axes: [{ ...axis, values: (_, ticks) => days(ticks) }, { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => number.format(tick)) }],
    }, [times, ...series.map((line) => line.values)], canvas)
  }
  paint()
  new ResizeObserver(() => plot.width !== canvas.clientWidth && plot.setSize({ width: canvas.clientWidth, height: 220 })).observe(canvas)
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ['data-bs-theme'] })
}
