/** The pinned versions: each changes together with the go.mod of its module. */
export const VERSIONS = {
  KUBERNETES: 'v1.37.2',
  ETCD: 'v3.6.5',
  HELM: 'v3.22.0',
  KUSTOMIZE: 'v5.8.1',
  KWOK: 'v0.7.0',
  REGISTRY: 'v3.1.2',
  SOPS: 'v3.13.3',
  TEMPORAL: 'v1.5.1',
  /** Flux's controllers, for races against them and the proof that both understand each other. */
  KUSTOMIZE_CONTROLLER: 'v1.9.4',
  SOURCE_CONTROLLER: 'v1.9.3',
} as const;
