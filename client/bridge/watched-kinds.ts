/** The kinds a bridge watches. Those without a workflow of ours are watched for their artifacts alone. */
export const watchedKinds = [
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'OCIRepository' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'Bucket' },
  { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'ExternalArtifact' },
  { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
] as const;
