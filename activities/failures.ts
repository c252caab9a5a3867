import { ApplicationFailure } from '@temporalio/common/lib/failure.js';

/** Every way in which an activity can fail. The name travels as the type of the failure. */
export type FailureCode = keyof typeof failureTable;

interface FailureRule {
  /** Retried by the server under the stage's policy, because waiting alone may mend it. */
  readonly retryable: boolean;
  /** Only a change of the object or of its source can mend it: Stalled is set. */
  readonly terminal: boolean;
  /** The condition reason that Flux's users know for it. */
  readonly reason: string;
  /** The condition of a source that tells of it; FetchFailed where absent. */
  readonly condition?: string;
  /** What it waits for has its own events, so it is looked at again after a fixed time and not ever later. */
  readonly waits?: boolean;
}

/** The one table from failure code to what it means for retries, for Stalled and for the Ready reason. */
export const failureTable = {
  ClusterUnavailable: { retryable: true, terminal: false, reason: 'ReconciliationFailed' },
  Superseded: { retryable: false, terminal: false, reason: 'Progressing' },
  ArtifactUnavailable: { retryable: true, terminal: false, reason: 'ArtifactFailed' },
  ArtifactInvalid: { retryable: false, terminal: false, reason: 'ArtifactFailed' },
  PathNotFound: { retryable: false, terminal: false, reason: 'ArtifactFailed' },
  BuildFailed: { retryable: false, terminal: false, reason: 'BuildFailed' },
  ApplyFailed: { retryable: false, terminal: false, reason: 'ReconciliationFailed' },
  HealthCheckFailed: { retryable: false, terminal: false, reason: 'HealthCheckFailed' },
  PruneFailed: { retryable: false, terminal: false, reason: 'PruneFailed' },
  InvalidSpec: { retryable: false, terminal: true, reason: 'InvalidSpec' },
  UnsupportedField: { retryable: false, terminal: true, reason: 'UnsupportedField' },
  AccessDenied: { retryable: false, terminal: true, reason: 'AccessDenied' },
  GitOperationFailed: { retryable: false, terminal: false, reason: 'GitOperationFailed' },
  AuthenticationFailed: { retryable: false, terminal: false, reason: 'AuthenticationFailed' },
  InvalidProviderConfiguration: {
    retryable: false,
    terminal: true,
    reason: 'InvalidProviderConfiguration',
  },
  InvalidProviderSecret: {
    retryable: false,
    terminal: false,
    reason: 'InvalidProviderConfiguration',
  },
  UrlInvalid: { retryable: false, terminal: true, reason: 'URLInvalid' },
  EmptyRepository: { retryable: false, terminal: false, reason: 'EmptyGitRepository' },
  SourceIgnoreError: { retryable: false, terminal: false, reason: 'SourceIgnoreError' },
  OCIPullFailed: { retryable: false, terminal: false, reason: 'OCIArtifactPullFailed' },
  OCILayerFailed: { retryable: false, terminal: false, reason: 'OCIArtifactLayerOperationFailed' },
  ReadOperationFailed: { retryable: false, terminal: false, reason: 'ReadOperationFailed' },
  VerificationError: unverified('VerificationError'),
  InvalidGitObject: unverified('InvalidGitObject'),
  InvalidTagSignature: unverified('InvalidTagSignature'),
  InvalidCommitSignature: unverified('InvalidCommitSignature'),
  InvalidVerificationMode: { ...unverified('InvalidVerificationMode'), terminal: true },
  IncludeNotFound: { ...unavailable('NotFound'), waits: true },
  IncludeWithoutArtifact: { ...unavailable('NoArtifact'), waits: true },
  IncludeInCircle: { ...unavailable('CircularInclude'), waits: true },
  IncludeIllegalPath: unstored('IllegalPath'),
  IncludeCopyFailed: unstored('CopyFailure'),
  DirectoryCreationFailed: unstored('DirectoryCreationFailed'),
  StorageOperationFailed: unstored('ArchiveOperationFailed'),
} as const satisfies Record<string, FailureRule>;

/** True for a code of the table. */
export function isFailureCode(text: string): text is FailureCode {
  return text in failureTable;
}

function unverified(reason: string): FailureRule {
  return { retryable: false, terminal: false, reason, condition: 'SourceVerified' };
}

function unavailable(reason: string): FailureRule {
  return { retryable: false, terminal: false, reason, condition: 'IncludeUnavailable' };
}

function unstored(reason: string): FailureRule {
  return { retryable: false, terminal: false, reason, condition: 'StorageOperationFailed' };
}

/** What a workflow needs to know of a failure; travels as its only detail. */
export interface FailureDetail {
  readonly reason: string;
  readonly terminal: boolean;
  readonly condition?: string;
  readonly waits?: boolean;
}

/**
 * Makes the failure for a code. The message names the object, what failed and the value at fault, and holds no secret;
 * the cause is not attached, since its text and stack would be stored in Temporal.
 */
export function fail(code: FailureCode, message: string): ApplicationFailure {
  const { retryable, ...detail }: FailureRule = failureTable[code];
  return ApplicationFailure.create({
    type: code,
    message: message.slice(0, maxMessage),
    nonRetryable: !retryable,
    details: [detail satisfies FailureDetail],
  });
}

/** Long messages are cut here, well below what Temporal keeps of a failure and Kubernetes of a condition (32768). */
const maxMessage = 3500;
