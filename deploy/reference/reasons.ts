/** What each reason of a condition or an event means, and what to do about it. A test finds the reasons of the code that are not here. */
export const reasonMeanings: Readonly<Record<string, string>> = {
  AccessDenied:
    'a reference into another namespace, which `--no-cross-namespace-refs` forbids, or to an ExternalArtifact, whose feature gate is closed',
  ArchiveOperationFailed: 'the artifact could not be stored on the worker: look at its disk',
  ArtifactFailed:
    'the source has no artifact yet, its artifact can not be downloaded or is not the one of its digest, or it has no such `spec.path`',
  AuthenticationFailed:
    'the remote refused the credentials, or the Secret lacks a key: the message names both',
  BuildFailed:
    'the manifests can not be built, decrypted or substituted: correct what the message names',
  Deleted: 'event: the objects that were deleted with their Kustomization',
  DeletionBudgetExceeded:
    'the sync would delete more than its budget; everything else is applied: `sluice approve`, or change the revision or the budget',
  DependencyNotReady: 'a Kustomization of `spec.dependsOn` is not ready: look at that one',
  DriftRepeated:
    'event: others change the same object again and again, and it is corrected ever later: let one side write these fields',
  EmptyGitRepository: 'the repository has no commit yet: push one',
  Failed: 'event: the Secret of a Receiver has no token',
  GitOperationFailed: 'the remote does not answer, or does not have the reference',
  HealthCheckCanceled: 'news ended the health wait; the next sync has begun',
  HealthCheckFailed:
    'an object failed for good, or was not healthy when `spec.timeout` was over: the message names the objects',
  InvalidAnnotation: 'an annotation of Sluice can not be read: correct it',
  InvalidCELExpression: 'an expression does not compile or gives no bool: correct it',
  InvalidSpec: 'a field has a value that is never valid: correct it',
  NewRevision: 'the remote has a revision that is not fetched yet',
  NewArtifact: 'event: a source stored an artifact with another digest',
  NewRevision: 'the remote holds a newer revision than the one that is stored',
  OCIArtifactLayerOperationFailed:
    'the manifest has no such layer, or the layer can not be extracted: correct `spec.layerSelector`, or push it anew',
  OCIArtifactPullFailed:
    'the registry does not answer, refuses access, or does not have the tag or digest: the message has its answer',
  Progressing: 'a sync runs; as the reason of an event: the objects that it created or configured',
  ProgressingWithRetry: 'the last sync failed and the next one is due',
  OCIArtifactLayerOperationFailed:
    'the artifact has no layer that `spec.layerSelector` asks for, or it can not be unpacked',
  OCIArtifactPullFailed: 'the registry does not answer, or does not have the reference',
  PruneFailed:
    'an object could not be deleted; it stays in the inventory and is tried again. The message has the answer of the API server',
  ReadOperationFailed:
    'no tag is in the range of `spec.ref.semver`, or the tags can not be listed: the message says which',
  ReadOperationFailed: 'a file of the artifact could not be read: look at the disk of the worker',
  ReconciliationFailed:
    'the API server refused an object, or does not answer: the message has its answer',
  ReconciliationSucceeded: 'the sync ended well',
  Resumed: 'event: a suspension reached its end',
  SourceIgnoreError: 'an ignore rule can not be read: correct `.sourceignore` or `spec.ignore`',
  Succeeded: 'the artifact is stored, or the health checks passed',
  Suspended: 'answer to a request: the object is suspended',
  TokenNotFound: 'the Secret of a Receiver is not there or has no token: the message names both',
  URLInvalid: '`spec.url` is no address: correct it',
  UnsupportedField:
    'the object sets a field whose behaviour is not there yet: remove the field; nothing of the object is done meanwhile',
  VerificationError:
    'the revision has no signature that is to be trusted; the artifact of before stays in use: sign it, or correct the keys or identities',
    'the artifact is not signed as `spec.verify` demands; the one of before stays in use',
  ValidationFailed: 'a Receiver has fields that do not go together: correct what the message names',
};
