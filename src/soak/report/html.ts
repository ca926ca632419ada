/** The report as one file that needs nobody: styles, plots and data inside, no network. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { formatDuration } from '../../base/units.ts'
import type { CheckResult } from '../verdict.ts'
import type { FaultWindow, ReportModel } from './model.ts'
import { plotScript, styles } from './page-parts.ts'
import { headline } from './summary.ts'

export function reportHtml(model: ReportModel): string {
  const { run, judgement } = model
  const data = JSON.stringify(plotData(model)).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(judgement.verdict.toUpperCase())} · ${escape(run.profile)} · Capstorm</title>
<style>${uplotFile('uPlot.min.css')}${styles}</style>
</head>
<body>
<header class="banner ${judgement.verdict}">
  <h1>${escape(judgement.verdict.toUpperCase())}</h1>
  <p class="why">${escape(headline(judgement))}</p>
  <p class="facts">${escape(`${run.mode} · profile ${run.profile} · plan ${run.plan} (${run.planHash}) · seed ${run.seed} · ${formatDuration(judgement.durationMs)} · ${run.startedAt}`)}</p>
  <pre class="again">${escape(run.reproduce)}</pre>
</header>
<main>
${notes(model)}
<section><h2>Checks</h2>${checksTable(judgement.checks)}</section>
<section><h2>Timeline</h2>
<p class="legend-note">Shaded: faults phases. Bars below: when each fault was armed, one row a kind.</p>
<div id="fleet" class="plot"></div>
${lanes(model)}
<div id="requests" class="plot"></div></section>
<section><h2>Recovery</h2>${recoveryTable(model)}${incidentsTable(model)}</section>
<section><h2>Leaks of our own process</h2>${leakTable(model)}<div id="memory" class="plot"></div></section>
<section><h2>Faults</h2>${faultsTable(model.faults)}</section>
<section><h2>Workload</h2>${workload(model)}</section>
<section><h2>Run</h2>${environment(model)}</section>
</main>
<script>${uplotFile('uPlot.iife.min.js')}</script>
<script type="application/json" id="data">${data}</script>
<script>${plotScript}</script>
</body>
</html>
`
}

function uplotFile(name: string): string {
  return readFileSync(fileURLToPath(import.meta.resolve(`uplot/dist/${name}`)), 'utf8').replaceAll(
    '</script',
    '<\\/script',
  )
}

function plotData({ series, phases, samples, judgement }: ReportModel): unknown {
  const end = judgement.durationMs / 1000
  const bands = phases.flatMap(({ phase, at }, index) =>
    phase === 'faults' ? [[at / 1000, (phases[index + 1]?.at ?? judgement.durationMs) / 1000]] : [],
  )
  const rate = (total: readonly number[]): number[] =>
    total.map((value, i) =>
      i === 0
        ? 0
        : Math.max(
            0,
            (value - (total[i - 1] as number)) / Math.max(0.001, (series.t[i] as number) - (series.t[i - 1] as number)),
          ),
    )
  return {
    end,
    bands,
    fleet: [series.t, series.clusters, series.available, series.machines, series.ready],
    requests: [series.t, rate(series.requestsOk), rate(series.requestsFailed)],
    memory: samples['process_heap_used_bytes']?.map(([t, value]) => [t, value / 1048576]) ?? [],
  }
}

function notes({ run, judgement }: ReportModel): string {
  const texts: string[] = []
  if (run.plant !== '')
    texts.push(`A deliberate bug was planted: <b>${escape(run.plant)}</b>. This run is meant to fail.`)
  if (run.shortened.length > 0)
    texts.push(`Timers of this profile are not Cluster API’s defaults: ${escape(run.shortened.join(', '))}.`)
  if (run.mode === 'rehearse')
    texts.push(
      'A rehearsal: simulated time, no sockets, reference controllers. The same seed gives the same journal, byte for byte.',
    )
  if (judgement.reason !== 'completed') texts.push(`The run did not end by itself: it was ${judgement.reason}.`)
  return texts.length === 0 ? '' : `<section class="notes">${texts.map((text) => `<p>${text}</p>`).join('')}</section>`
}

function checksTable(checks: readonly CheckResult[]): string {
  const rows = checks.map((check) => {
    const findings = check.findings
      .slice(0, 20)
      .map(
        (finding) =>
          `<li>${escape(finding.summary)}${finding.evidence.length > 0 ? ` <span class="seq">journal ${finding.evidence.join(', ')}</span>` : ''}</li>`,
      )
    const more = check.findings.length > 20 ? `<li>and ${check.findings.length - 20} more in verdicts.json</li>` : ''
    const detail = findings.length === 0 ? '' : `<ul>${findings.join('')}${more}</ul>`
    return `<tr><td><span class="mark ${check.verdict}">${check.verdict}</span>${check.required ? '' : '<br><small>report only</small>'}</td><td><b>${escape(check.id)}</b><br>${escape(check.claim)}${detail}</td><td class="n">${check.checked}</td></tr>`
  })
  return `<table><thead><tr><th>verdict</th><th>check</th><th class="n">checked</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function recoveryTable({ judgement }: ReportModel): string {
  if (judgement.recovery.length === 0) return '<p>No fault touched anything.</p>'
  const rows = judgement.recovery.map(
    (row) =>
      `<tr><td>${escape(row.kind)}</td><td class="n">${row.recovered} of ${row.count}</td><td class="n">${row.detected}</td><td class="n">${time(row.medianMs)}</td><td class="n">${time(row.p95Ms)}</td><td class="n">${time(row.maxMs)}</td><td class="n" title="${escape(row.derivation)}">${time(row.boundMs)}</td><td><small>${escape(row.derivation)}</small></td></tr>`,
  )
  return `<p>From heal to convergence of every cluster it struck; Kaplan–Meier, so faults that were not recovered from count. While scenarios churn, convergence waits for them too.</p><table><thead><tr><th>fault</th><th class="n">recovered</th><th class="n">detected</th><th class="n">median</th><th class="n">p95</th><th class="n">max</th><th class="n">bound</th><th>derivation</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

/** The four clocks of the incidents that matter most: those on machines and connections. */
function incidentsTable({ judgement }: ReportModel): string {
  const shown = judgement.incidents
    .filter(({ kind }) => kind.startsWith('machine.') || kind.startsWith('conn.'))
    .slice(0, 60)
  if (shown.length === 0) return ''
  const rows = shown.map((incident) => {
    const at = (ms: number | undefined): string => (ms === undefined ? '–' : `${(ms / 1000).toFixed(1)} s`)
    return `<tr><td>${escape(incident.kind)}</td><td>${escape((incident.machines.length > 0 ? incident.machines : incident.clusters).join(', '))}</td><td class="n">${at(incident.injectedAt)}</td><td class="n">${at(incident.effectiveAt)}</td><td class="n">${at(incident.detectedAt)}</td><td class="n">${at(incident.healedAt)}</td><td class="n">${at(incident.convergedAt)}</td></tr>`
  })
  return `<h3>Four clocks</h3><table><thead><tr><th>fault</th><th>target</th><th class="n">injected</th><th class="n">effective</th><th class="n">detected</th><th class="n">healed</th><th class="n">converged</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function leakTable({ judgement }: ReportModel): string {
  if (judgement.leaks.length === 0)
    return '<p>Nothing of the process is measured in a rehearsal: leaks are judged by the ledger alone.</p>'
  const rows = judgement.leaks.map(
    (row) =>
      `<tr><td>${escape(row.metric)}</td><td><span class="mark ${row.verdict === 'LEAK' ? 'fail' : row.verdict === 'INCONCLUSIVE' ? 'inconclusive' : 'pass'}">${row.verdict}</span></td><td>${escape(row.reason)}</td><td class="n">${row.samples} (+${row.discarded} warm-up)</td><td class="n">${row.detectable === undefined ? '–' : row.detectable.toPrecision(3)}</td></tr>`,
  )
  return `<table><thead><tr><th>metric</th><th>verdict</th><th>reason</th><th class="n">samples</th><th class="n">detectable /h</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function lanes({ faults, judgement, phases }: ReportModel): string {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].sort()
  if (kinds.length === 0) return ''
  const height = kinds.length * 18 + 4
  const x = (ms: number): string => ((ms / Math.max(1, judgement.durationMs)) * 1000).toFixed(2)
  const shade = phases.flatMap(({ phase, at }, index) =>
    phase === 'faults'
      ? [
          `<rect x="${x(at)}" y="0" width="${x((phases[index + 1]?.at ?? judgement.durationMs) - at)}" height="${height}" class="shade"/>`,
        ]
      : [],
  )
  const bars = faults.map(
    (fault) =>
      `<rect x="${x(fault.from)}" y="${kinds.indexOf(fault.kind) * 18 + 4}" width="${Math.max(1.5, Number(x(fault.to - fault.from)))}" height="12" class="bar k${kinds.indexOf(fault.kind) % 8}"><title>${escape(`${fault.kind}: ${(fault.from / 1000).toFixed(1)} s to ${(fault.to / 1000).toFixed(1)} s, ${fault.hits} hits, on ${fault.targets.slice(0, 4).join(', ')}`)}</title></rect>`,
  )
  const names = kinds.map((kind, index) => `<div style="top:${index * 18 + 2}px">${escape(kind)}</div>`)
  return `<div class="lanes" style="height:${height}px"><div class="lane-names">${names.join('')}</div><svg viewBox="0 0 1000 ${height}" preserveAspectRatio="none" height="${height}">${shade.join('')}${bars.join('')}</svg></div>`
}

function faultsTable(faults: readonly FaultWindow[]): string {
  const rows = faults
    .slice(0, 200)
    .map(
      (fault) =>
        `<tr><td>${escape(fault.kind)}</td><td class="n">${(fault.from / 1000).toFixed(1)} s</td><td class="n">${formatDuration(Math.round(fault.to - fault.from))}</td><td class="n">${fault.hits}</td><td>${escape(fault.targets.slice(0, 6).join(', '))}${fault.targets.length > 6 ? ` and ${fault.targets.length - 6} more` : ''}</td><td>${escape(fault.reason)}</td></tr>`,
    )
  return `<table><thead><tr><th>fault</th><th class="n">at</th><th class="n">for</th><th class="n">hits</th><th>targets</th><th>ended</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function workload({ steps, failedSteps }: ReportModel): string {
  const items = Object.entries(steps)
    .sort()
    .map(([step, count]) => `<li>${escape(step)}: ${count}</li>`)
  const failures = failedSteps.map((text) => `<li>${escape(text)}</li>`)
  return `<ul class="inline">${items.join('')}</ul>${failures.length === 0 ? '' : `<h3>Failed steps</h3><ul>${failures.join('')}</ul>`}`
}

function environment({ run }: ReportModel): string {
  const rows: [string, string][] = [
    ['run', run.id],
    ['command', run.argv.join(' ')],
    ['capstorm', `${run.version} (${run.commit}${run.dirty ? ', with uncommitted changes' : ''})`],
    ['node', run.node],
    ['profile', run.profileFile],
    ['plan', run.planFile],
  ]
  return `<table><tbody>${rows.map(([name, value]) => `<tr><th>${name}</th><td>${escape(value)}</td></tr>`).join('')}</tbody></table>`
}

const time = (ms: number | undefined): string => (ms === undefined ? '–' : formatDuration(Math.max(0, Math.round(ms))))

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
