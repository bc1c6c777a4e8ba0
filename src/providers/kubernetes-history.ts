/** What a workload ran before: kept by Kubernetes as ReplicaSets of a Deployment, and as ControllerRevisions of a StatefulSet. */
import type { KubernetesClient, Request } from './kubernetes-client.ts'
import { selectorText, type Meta, type Workload } from './kubernetes-size.ts'
import { pathOf, type Found } from './kubernetes-workloads.ts'
import type { Call, Revision } from './provider.ts'
import { whatRuns } from './same-run.ts'

/** Written by whoever rolls a workload over, kubectl too. */
export const restartedAt = 'kubectl.kubernetes.io/restartedAt'

interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>> }
}
/** A ReplicaSet has a spec, a ControllerRevision the patch that leads back to it. */
interface Kept {
  readonly metadata: Meta
  readonly revision?: number
  readonly spec?: { readonly template: Template }
  readonly data?: { readonly spec?: { readonly template?: object } }
}

/** With how it is put back. Its name stays when it is run again; Kubernetes' own number of it does not. */
type Past = Revision & { readonly back: Pick<Request, 'patch' | 'body'> }

export async function historyOf(client: KubernetesClient, found: Found, workload: Workload, call: Call): Promise<Past[]> {
  const { kind, namespace } = found
  const path = ['apis', 'apps', 'v1', 'namespaces', namespace, kind === 'deployment' ? 'replicasets' : 'controllerrevisions']
  const { items } = await client.request<{ items: Kept[] }>({ method: 'GET', path, query: { labelSelector: selectorText(workload) }, target: found.name }, call)
  const own = items.filter(({ metadata }) => (metadata.ownerReferences ?? []).some(({ uid, controller }) => uid === workload.metadata.uid && controller === true))
  const youngest = own.toSorted((a, b) => numberOf(b) - numberOf(a))
  return youngest.filter((one, index) => index === 0 || runs(one) !== runs(youngest[0]!)).map((one, index) => ({ revision: one.metadata.name, current: index === 0, at: one.metadata.creationTimestamp, back: backTo(one, workload) }))
}

const numberOf = ({ metadata, revision }: Kept): number => revision ?? Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0)

const runs = ({ spec, data }: Kept): string => whatRuns(spec?.template ?? data?.spec?.template, ['pod-template-hash', restartedAt])

/** Each names the resourceVersion that was judged, so that whoever deploys between is not overwritten. */
function backTo({ spec, data }: Kept, { metadata: { resourceVersion } }: Workload): Past['back'] {
  if (spec === undefined) return { patch: 'strategic-merge-patch', body: { ...data, metadata: { resourceVersion } } }
  const { 'pod-template-hash': _, ...labels } = spec.template.metadata?.labels ?? {}
  const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } }
  return { patch: 'json-patch', body: [{ op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion }, { op: 'replace', path: '/spec/template', value: template }] }
}

export const patchTo = (found: Found, { back }: Past): Request => ({ method: 'PATCH', path: pathOf(found), target: found.name, ...back })
