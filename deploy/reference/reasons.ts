/** What each reason of a condition or an event means, and what to do about it. A test finds the reasons of the code that are not here. */
export const reasonMeanings: Readonly<Record<string, string>> = {
  AccessDenied:
    'a reference into another namespace, which `--no-cross-namespace-refs` forbids: refer to objects of the same namespace',
  ArchiveOperationFailed: 'the artifact could not be stored on the worker: look at its disk',
  ArtifactFailed:
    'the source has no artifact yet, its artifact can not be downloaded or is not the one of its digest, or it has no such `spec.path`',
  ArtifactUpToDate: 'event: the artifact is stored already',
  ArtifactVerificationFailed:
    'event: the stored file of an artifact was not the one of its digest; it is made again',
  AuthenticationFailed:
    'the remote refused the credentials, or the Secret lacks a key: the message names both',
  BuildFailed:
    'the manifests can not be built, decrypted or substituted: correct what the message names',
  CircularInclude: 'repositories include each other in a circle: remove one of the includes',
  CopyFailure:
    'the files of an included artifact could not be copied: look at the disk of the worker',
  Deleted: 'event: the objects that were deleted with their Kustomization',
  DeletionBudgetExceeded:
    'the sync would delete more than its budget; everything else is applied: `sluice approve`, or change the revision or the budget',
  DependencyNotReady: 'a Kustomization of `spec.dependsOn` is not ready: look at that one',
  DirectoryCreationFailed: 'a directory could not be made: look at the disk of the worker',
  DriftRepeated:
    'event: others change the same object again and again, and it is corrected ever later: let one side write these fields',
  EmptyGitRepository: 'the repository has no commit yet: push one',
  Failed: 'event: the Secret of a Receiver has no token',
  GarbageCollectionSucceeded: 'event: old artifacts were removed',
  GitOperationFailed: 'the remote does not answer, or does not have the reference',
  GitOperationSucceeded: 'event: the remote was asked and has nothing new',
  HealthCheckCanceled: 'news ended the health wait; the next sync has begun',
  HealthCheckFailed:
    'an object failed for good, or was not healthy when `spec.timeout` was over: the message names the objects',
  IllegalPath: '`spec.include` names a path that leaves the artifact',
  IncludeChange: 'an included repository has another artifact',
  InvalidAnnotation: 'an annotation of Sluice can not be read: correct it',
  InvalidCELExpression: 'an expression does not compile or gives no bool: correct it',
  InvalidCommitSignature: 'the commit is not signed by one of the keys of `spec.verify`',
  InvalidGitObject: 'the commit or tag can not be read as one',
  InvalidProviderConfiguration:
    '`spec.provider` and the keys of its Secret do not go together: the message names the key',
  InvalidSpec: 'a field has a value that is never valid: correct it',
  InvalidTagSignature: 'the tag is not signed by one of the keys of `spec.verify`',
  InvalidVerificationMode: '`spec.verify.mode` asks for a tag where none is followed: correct it',
  NewArtifact: 'event: a source stored an artifact with another digest',
  NewRevision: 'the remote has a revision that is not fetched yet',
  NoArtifact: 'an included repository has no artifact yet',
  NotFound: 'an included repository is not there',
  OCIArtifactLayerOperationFailed:
    'the artifact has no layer that `spec.layerSelector` asks for, or it can not be unpacked',
  OCIArtifactPullFailed: 'the registry does not answer, or does not have the reference',
  Progressing: 'a sync runs; as the reason of an event: the objects that it created or configured',
  ProgressingWithRetry: 'the last sync failed and the next one is due',
  PruneFailed:
    'an object could not be deleted; it stays in the inventory and is tried again. The message has the answer of the API server',
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
  ValidationFailed: 'a Receiver has fields that do not go together: correct what the message names',
  VerificationError:
    'the artifact is not signed as `spec.verify` demands; the one of before stays in use',
};
