/** A name in the metadata of objects that Sluice reads or writes. */
export interface MetadataName {
  readonly name: string;
  readonly owner: 'Sluice' | 'Flux';
  readonly as: 'annotation' | 'label' | 'label or annotation' | 'finalizer' | 'artifact metadata';
  /** The objects that may carry it. */
  readonly on: string;
  readonly values: string;
  readonly meaning: string;
}

/** All of them. A test finds the names of the code that are not here. */
export const names: readonly MetadataName[] = [
  {
    name: 'sluice.dev/max-deletions',
    owner: 'Sluice',
    as: 'annotation',
    on: 'Kustomization',
    values: '`10`, `20%`',
    meaning:
      'deletions that one sync may make without approval; wins over `--max-deletions`, `100%` lifts the limit',
  },
  {
    name: 'sluice.dev/mode',
    owner: 'Sluice',
    as: 'annotation',
    on: 'Kustomization, sources',
    values: '`report`',
    meaning:
      'nothing is written for the object, not even its status; `sluice adopt` sets and removes it',
  },
  {
    name: 'sluice.dev/prune',
    owner: 'Sluice',
    as: 'annotation',
    on: 'Kustomization',
    values: '`before-health`',
    meaning: "Flux's order: delete what left the source before waiting for the health of the rest",
  },
  {
    name: 'sluice.dev/suspend-reason',
    owner: 'Sluice',
    as: 'annotation',
    on: 'Kustomization, sources',
    values: 'a text',
    meaning: 'why `spec.suspend` is true; removed when it goes on',
  },
  {
    name: 'sluice.dev/suspend-until',
    owner: 'Sluice',
    as: 'annotation',
    on: 'Kustomization, sources',
    values: 'a time of RFC 3339',
    meaning: 'when `spec.suspend` becomes false by itself; removed then',
  },
  {
    name: 'sluice.dev/match',
    owner: 'Sluice',
    as: 'annotation',
    on: 'Receiver',
    values: '`url`',
    meaning: 'a push wakes only the GitRepositories whose url and branch or tag it speaks of',
  },
  {
    name: 'sluice.dev/replicas',
    owner: 'Sluice',
    as: 'annotation',
    on: "the Deployments of Flux's controllers",
    values: 'a number',
    meaning:
      'how many replicas it had when `sluice adopt` stopped it; `sluice adopt --back` restores them',
  },
  {
    name: 'sluice.dev/traceparent',
    owner: 'Sluice',
    as: 'artifact metadata',
    on: '`status.artifact.metadata` of a source',
    values: 'a traceparent of W3C',
    meaning:
      'the trace in which the artifact was made, where traces are on; those who follow the source go on with it',
  },
  {
    name: 'sluice.dev/changed-directories',
    owner: 'Sluice',
    as: 'artifact metadata',
    on: '`status.artifact.metadata` of a GitRepository',
    values: 'a JSON list of paths',
    meaning:
      'directories that differ from the artifact before; Kustomizations below them are woken first',
  },
  {
    name: 'sluice.dev/committed-at',
    owner: 'Sluice',
    as: 'artifact metadata',
    on: '`status.artifact.metadata` of a GitRepository',
    values: 'a time',
    meaning:
      'when the commit was made, by the clock of its author; the latency is measured from it',
  },
  {
    name: 'reconcile.fluxcd.io/requestedAt',
    owner: 'Flux',
    as: 'annotation',
    on: 'Kustomization, sources',
    values: 'any text, usually a time',
    meaning: 'another value asks for a sync; it is echoed in `status.lastHandledReconcileAt`',
  },
  {
    name: 'reconcile.fluxcd.io/watch',
    owner: 'Flux',
    as: 'label',
    on: 'ConfigMap, Secret',
    values: '`Enabled`',
    meaning:
      'a change wakes the Kustomizations that use it; `--watch-configs-label-selector` of the bridge chooses other labels',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/name',
    owner: 'Flux',
    as: 'label',
    on: 'applied objects',
    values: 'name of the Kustomization',
    meaning: 'owner label, set by the apply stage; prune deletes nothing without it',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/namespace',
    owner: 'Flux',
    as: 'label',
    on: 'applied objects',
    values: 'namespace of the Kustomization',
    meaning: 'owner label, set by the apply stage; prune deletes nothing without it',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/reconcile',
    owner: 'Flux',
    as: 'label or annotation',
    on: 'objects in the source or in the cluster',
    values: '`disabled`',
    meaning: 'the object is neither applied, checked nor pruned',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/prune',
    owner: 'Flux',
    as: 'label or annotation',
    on: 'objects in the cluster',
    values: '`disabled`',
    meaning: 'the object is never pruned',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/ssa',
    owner: 'Flux',
    as: 'label or annotation',
    on: 'objects in the source',
    values: '`Override`, `Merge`, `IfNotPresent`, `Ignore`',
    meaning:
      '`Merge` leaves fields of kubectl alone, `IfNotPresent` only creates, `Ignore` does nothing; `Override` where absent',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/force',
    owner: 'Flux',
    as: 'label or annotation',
    on: 'objects in the source',
    values: '`enabled`',
    meaning: 'the object may be deleted and created again where a field can not be changed',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/substitute',
    owner: 'Flux',
    as: 'label or annotation',
    on: 'objects in the source',
    values: '`disabled`',
    meaning: 'no variables are replaced in the object',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/decrypt',
    owner: 'Flux',
    as: 'annotation',
    on: 'objects in the source',
    values: '`disabled`',
    meaning: 'the object is not decrypted',
  },
  {
    name: 'kustomize.toolkit.fluxcd.io/revision',
    owner: 'Flux',
    as: 'annotation',
    on: 'events of Kustomizations',
    values: 'a revision',
    meaning: 'the revision that the event speaks of',
  },
  {
    name: 'source.toolkit.fluxcd.io/revision',
    owner: 'Flux',
    as: 'annotation',
    on: 'events of sources',
    values: 'a revision',
    meaning: 'the revision that the event speaks of',
  },
  {
    name: 'source.toolkit.fluxcd.io/digest',
    owner: 'Flux',
    as: 'annotation',
    on: 'events of sources',
    values: 'a digest',
    meaning: 'the digest of the stored artifact',
  },
  {
    name: 'toolkit.fluxcd.io/tenant',
    owner: 'Flux',
    as: 'label',
    on: 'Kustomization, sources',
    values: 'a name',
    meaning: 'the tenant in the metric `sluice_resource_info`',
  },
  {
    name: 'finalizers.fluxcd.io',
    owner: 'Flux',
    as: 'finalizer',
    on: 'Kustomization, GitRepository',
    values: '',
    meaning: 'holds the object until what it applied or stored is treated',
  },
];
