/** Style and plot script of the report page. Colours are from the Okabe–Ito palette, told apart by colour-blind readers too. */

export const styles = `
:root{--bg:#fff;--fg:#1b1f24;--dim:#5c6670;--line:#d9dee3;--soft:#f4f6f8;--pass:#117a4b;--fail:#b3261e;--doubt:#8a6100;--c0:#0072b2;--c1:#e69f00;--c2:#009e73;--c3:#cc79a7;--c4:#56b4e9;--c5:#d55e00;--c6:#7a6a00;--c7:#777}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e9ec;--dim:#9aa4ae;--line:#333a41;--soft:#1d2226;--pass:#4cc38a;--fail:#ff7b72;--doubt:#e3b341}}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;background:var(--bg);color:var(--fg)}
main{max-width:1100px;margin:0 auto;padding:0 20px 60px}
.banner{padding:24px max(20px,calc((100% - 1060px)/2));color:#fff;background:#5c6670}.banner.pass{background:#117a4b}.banner.fail{background:#b3261e}.banner.inconclusive,.banner.invalid{background:#8a6100}
.banner h1{margin:0;font-size:40px;letter-spacing:.04em}.why{font-size:17px;margin:.2em 0;overflow-wrap:anywhere}.facts{opacity:.85;margin:.2em 0}.again{background:#0003;padding:8px 12px;border-radius:6px;overflow:auto;margin:10px 0 0}
h2{margin:36px 0 10px;font-size:20px;border-bottom:1px solid var(--line);padding-bottom:4px}h3{margin:20px 0 6px;font-size:16px}
table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}th{color:var(--dim);font-weight:600}.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
td ul{margin:4px 0 0;padding-left:18px}.seq{color:var(--dim);font-size:12px}small{color:var(--dim)}
.mark{display:inline-block;padding:1px 8px;border-radius:10px;font-weight:600;font-size:13px;border:1px solid currentColor}.mark.pass{color:var(--pass)}.mark.fail{color:var(--fail)}.mark.inconclusive,.mark.invalid{color:var(--doubt)}
.notes p{background:var(--soft);border-left:4px solid var(--c1);padding:8px 12px;margin:14px 0 0}
.plot{margin:8px 0 4px;min-height:40px}.legend-note{color:var(--dim);margin:0}
.lanes{position:relative;margin:6px 0 10px;padding-left:170px}.lanes svg{width:100%;display:block;background:var(--soft)}.lane-names div{position:absolute;left:0;font-size:12px;color:var(--dim);line-height:16px}
.shade{fill:#8882}.k0{fill:var(--c0)}.k1{fill:var(--c1)}.k2{fill:var(--c2)}.k3{fill:var(--c3)}.k4{fill:var(--c4)}.k5{fill:var(--c5)}.k6{fill:var(--c6)}.k7{fill:var(--c7)}
ul.inline{columns:2;padding-left:18px}.u-legend{color:var(--fg)}
@media print{.banner{color:#000;background:none!important;border-bottom:3px solid}.again{background:none;border:1px solid}}
`

export const plotScript = `
(() => {
  const data = JSON.parse(document.getElementById('data').textContent)
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const axis = { stroke: css('--dim'), grid: { stroke: css('--line'), width: 1 }, ticks: { stroke: css('--line') } }
  const seconds = (u, values) => values.map((v) => v >= 7200 ? (v / 3600) + ' h' : v >= 300 ? (v / 60) + ' min' : v + ' s')
  const shade = { hooks: { drawClear: [(u) => {
    u.ctx.save(); u.ctx.fillStyle = '#88888822'
    for (const [from, to] of data.bands) { const a = u.valToPos(from, 'x', true), b = u.valToPos(to, 'x', true); u.ctx.fillRect(a, u.bbox.top, b - a, u.bbox.height) }
    u.ctx.restore()
  }] } }
  const plot = (id, title, series, values, height) => {
    const element = document.getElementById(id)
    if (values[0].length < 2) { element.remove(); return }
    const options = { title, width: element.clientWidth, height, plugins: [shade], padding: [null, 0, null, 0], scales: { x: { time: false, range: [0, data.end] }, y: { range: (u, low, high) => [0, Math.max(1, high * 1.08)] } },
      axes: [{ ...axis, values: seconds }, { ...axis, size: 170 }], series: [{ label: 'at', value: (u, v) => v == null ? '' : v.toFixed(1) + ' s' }, ...series.map(([label, color, dash]) => ({ label, stroke: css(color), width: 2, dash, points: { show: values[0].length < 40 } }))] }
    const chart = new uPlot(options, values, element)
    addEventListener('resize', () => chart.setSize({ width: element.clientWidth, height }))
  }
  plot('fleet', 'Fleet', [['clusters', '--c0', [6, 4]], ['clusters available', '--c0'], ['machines', '--c5', [6, 4]], ['machines ready', '--c5']], data.fleet, 240)
  plot('requests', 'Requests per second through the proxy', [['answered', '--c2'], ['429 and 5xx', '--c3']], data.requests, 180)
  const memory = data.memory
  plot('memory', 'Heap at checkpoints, MiB', [['heap used', '--c0']], [memory.map((p) => p[0]), memory.map((p) => p[1])], 160)
})()
`
