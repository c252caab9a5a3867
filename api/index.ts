export { GitRepository } from './git-repository.ts';
export { Kustomization } from './kustomization.ts';
export { OCIRepository } from './oci-repository.ts';
export { Receiver } from './receiver.ts';
export { Artifact, changedDirectories, committedAt, Condition, traceparent } from './meta.ts';
export {
  durationPattern,
  formatDuration,
  parseDuration,
  parseInterval,
  parseTimeout,
} from './duration.ts';
export { formatTime } from './time.ts';
export { unsupportedFields } from './unsupported.ts';
