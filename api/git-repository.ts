import { z } from 'zod';
import { Artifact, commonStatus, duration, localReference, objectMeta, timeout } from './meta.ts';

const include = z
  .object({
    repository: localReference('The GitRepository whose artifact is included.'),
    fromPath: z
      .string()
      .optional()
      .describe('Directory of that artifact to take; the whole of it where absent.'),
    toPath: z
      .string()
      .optional()
      .describe('Where it goes in this artifact; the name of the repository where absent.'),
  })
  .describe('Another repository whose files become part of the artifact.');

const reference = z
  .object({
    branch: z.string().optional().describe('Branch to follow; master where no other field is set.'),
    tag: z.string().optional().describe('Tag to check out; wins over semver and branch.'),
    semver: z
      .string()
      .optional()
      .describe('Range of versions; the highest tag inside it is checked out.'),
    name: z
      .string()
      .optional()
      .describe('Full name of a reference, such as refs/pull/420/head; wins over tag.'),
    commit: z
      .string()
      .optional()
      .describe(
        'Hash of a commit; wins over everything else. With a branch, it is looked for there.',
      ),
  })
  .describe('What of the repository is followed.');

const verification = z
  .object({
    mode: z
      .enum(['head', 'HEAD', 'Tag', 'TagAndHEAD'])
      .default('HEAD')
      .describe('What must carry a signature: the commit, the tag, or both.'),
    secretRef: localReference('Secret with the public keys of the trusted authors.'),
  })
  .describe('Demands signatures before a revision is accepted.');

const spec = z
  .object({
    url: z
      .string()
      .regex(/^(http|https|ssh):\/\/.*$/)
      .describe('Address of the repository, over http, https or ssh.'),
    interval: duration('How often the remote is asked for a new revision.'),
    timeout: timeout('How long one operation on the remote may take.'),
    ref: reference.optional(),
    secretRef: localReference(
      'Secret with the credentials: username and password, or bearerToken, or identity and known_hosts; ca.crt, tls.crt and tls.key beside them.',
    ).optional(),
    provider: z
      .enum(['generic', 'aws', 'azure', 'github'])
      .optional()
      .describe('Who issues the credentials; generic reads them from the Secret.'),
    serviceAccountName: z
      .string()
      .optional()
      .describe('ServiceAccount used for workload identity with the provider aws or azure.'),
    verify: verification.optional(),
    proxySecretRef: localReference(
      'Secret with address, username and password of a proxy.',
    ).optional(),
    ignore: z
      .string()
      .optional()
      .describe('Rules in the syntax of .gitignore for files that are left out of the artifact.'),
    suspend: z.boolean().optional().describe('True stops the source until it is false again.'),
    recurseSubmodules: z.boolean().optional().describe('True fetches submodules as well.'),
    include: z.array(include).optional().describe('Other repositories to include.'),
    sparseCheckout: z
      .array(z.string())
      .optional()
      .describe('The directories to fetch; all where absent.'),
  })
  .describe('What to fetch, and how.')
  .meta({
    'x-kubernetes-validations': [
      {
        rule: "!has(self.serviceAccountName) || (has(self.provider) && self.provider in ['azure', 'aws'])",
        message: 'serviceAccountName needs the provider azure or aws',
      },
    ],
  });

const status = z
  .object({
    ...commonStatus,
    artifact: Artifact.optional().describe('The file made from the last fetched revision.'),
    includedArtifacts: z.array(Artifact).optional().describe('The artifacts that were included.'),
    observedIgnore: z.string().optional().describe('The ignore rules of the artifact.'),
    observedRecurseSubmodules: z
      .boolean()
      .optional()
      .describe('Whether the artifact holds submodules.'),
    observedInclude: z.array(include).optional().describe('The includes of the artifact.'),
    observedSparseCheckout: z
      .array(z.string())
      .optional()
      .describe('The directories of the artifact.'),
    sourceVerificationMode: z.string().optional().describe('What was verified of the artifact.'),
  })
  .describe('What was fetched.');

/** GitRepository of source.toolkit.fluxcd.io/v1: a Git repository that is turned into artifacts. */
export const GitRepository = z
  .object({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: objectMeta,
    spec,
    status: status.optional(),
  })
  .describe('A Git repository whose revisions become artifacts for Kustomizations.');
export type GitRepository = z.infer<typeof GitRepository>;
