export { kustomization } from './kustomization.ts';
export { source } from './source.ts';
