/** What answers each call of the table. */
import { answer } from './answer.ts'
import { closeBreaker } from './breakers.ts'
import type { Call } from './call.ts'
import {
  reload, showDigest, showEdges, showEpisode, showEpisodes, showHealth, showMetrics, showPage, showPolicies, showReady, showRoutes, showRunbooks, showRunners, showWhy, showWorkflow,
  showWorkflows,
} from './reads.ts'
import { drill } from './drills.ts'
import { verifySignature } from './signature.ts'
import { showCatalogues, useCatalogue } from './catalogues.ts'
import { approve, cancel, deny, exec, note, noteEpisode, submit } from './requests.ts'
import { liftStop, pullStop, showStop, showStops } from './stops.ts'
import { resume, showSuspensions } from './suspensions.ts'
import { showEvents } from './stream.ts'
import type { OperationId } from './table.ts'
import { finishUpgrade, showUpgrade } from './upgrade.ts'
import { showSwitches, switchEdge } from './switches.ts'
import { promote } from './trust.ts'
import { takeNotification } from './webhook.ts'

type Handler = (call: Call) => Promise<void> | void

const senderOf = ({ caller }: Call): string | undefined => (caller.proved ? caller.name : undefined)

const intakeOf = ({ ports, caller, door: { budget, big } }: Call) => ({ ports, big, budget: budget.of(caller), line: big.line.of(caller) })

const alertmanager: Handler = (call) =>
  takeNotification(call.req, call.res, intakeOf(call), { source: 'alertmanager', sender: senderOf(call) })

const grafana: Handler = (call) => {
  const { grafana: signature } = call.door
  const verify = signature === undefined ? {} : { verify: (body: Buffer) => verifySignature(call.req, body, signature) }
  return takeNotification(call.req, call.res, intakeOf(call), { source: 'grafana', sender: senderOf(call), ...verify })
}

export const handlers: Readonly<Record<OperationId, Handler>> = {
  alertmanager, grafana, grafanaPut: grafana,
  pullStop, stops: showStops, stop: showStop, liftStop,
  suspensions: showSuspensions, resume, promote, switches: showSwitches, switchEdge,
  catalogues: showCatalogues, useCatalogue,
  upgrade: showUpgrade, finishUpgrade,
  submit, exec, approve, deny, cancel, note, noteEpisode,
  workflows: showWorkflows, workflow: showWorkflow, why: showWhy, episodes: showEpisodes, episode: showEpisode,
  runbooks: showRunbooks, routes: showRoutes, policies: showPolicies, runners: showRunners, digest: showDigest, edges: showEdges, drill, closeBreaker, reload, events: showEvents,
  livez: ({ res }) => answer(res, 200, { status: 'live' }),
  readyz: showReady, healthz: showHealth, metrics: showMetrics,
  openapi: async (call) => (await import('./document.ts')).showDocument(call),
  page: showPage,
}
