import { z } from 'zod';
import { Artifact, commonStatus, duration, localReference, objectMeta, timeout } from './meta.ts';

const reference = z
  .object({
    digest: z
      .string()
      .optional()
      .describe('Digest of the manifest to pull, as sha256:<hex>; wins over everything else.'),
    semver: z
      .string()
      .optional()
      .describe('Range of versions; the highest tag inside it is pulled. Wins over tag.'),
    semverFilter: z
      .string()
      .optional()
      .describe('Regular expression for the tags that count as versions; used with semver.'),
    tag: z.string().optional().describe('Tag to pull; latest where nothing is set.'),
  })
  .describe('What of the repository is followed.');

const layerSelector = z
  .object({
    mediaType: z
      .string()
      .optional()
      .describe('Media type of the layer to take; the first layer where absent.'),
    operation: z
      .enum(['extract', 'copy'])
      .optional()
      .describe('extract unpacks the layer and archives it anew; copy keeps its bytes.'),
  })
  .describe('Which layer becomes the artifact, and how.');

const identity = z
  .object({
    issuer: z.string().describe('Regular expression for the issuer of the certificate.'),
    subject: z.string().describe('Regular expression for the subject of the certificate.'),
  })
  .describe('An identity that may have signed.');

const verification = z
  .object({
    provider: z
      .enum(['cosign', 'notation'])
      .default('cosign')
      .describe('The tool that the signatures were made with.'),
    secretRef: localReference(
      'Secret with the public keys of the trusted authors; names that end in .pub count.',
    ).optional(),
    matchOIDCIdentity: z
      .array(identity)
      .optional()
      .describe('Identities of which one must have signed, where there is no key.'),
    trustedRootSecretRef: localReference(
      'Secret with the authorities of signatures without keys, under trusted_root.json.',
    ).optional(),
  })
  .describe('Demands signatures before a revision is accepted.');

const spec = z
  .object({
    url: z
      .string()
      .regex(/^oci:\/\/.*$/)
      .describe('Address of the repository, as oci://<host>/<path>, without tag and digest.'),
    ref: reference.optional(),
    layerSelector: layerSelector.optional(),
    provider: z
      .enum(['generic', 'aws', 'azure', 'gcp'])
      .default('generic')
      .describe('Who issues the credentials; generic reads them from Secrets.'),
    secretRef: localReference(
      'Secret with credentials of the type kubernetes.io/dockerconfigjson.',
    ).optional(),
    verify: verification.optional(),
    serviceAccountName: z
      .string()
      .optional()
      .describe('ServiceAccount whose image pull secrets are credentials too.'),
    certSecretRef: localReference(
      'Secret with ca.crt, or tls.crt and tls.key, or all of them.',
    ).optional(),
    proxySecretRef: localReference(
      'Secret with address, username and password of a proxy.',
    ).optional(),
    interval: duration('How often the registry is asked for a new revision.'),
    timeout: timeout('How long one operation on the registry may take.'),
    ignore: z
      .string()
      .optional()
      .describe('Rules in the syntax of .gitignore for files that are left out of the artifact.'),
    insecure: z
      .boolean()
      .optional()
      .describe(
        'True allows a registry without TLS, or with a certificate that nobody vouches for.',
      ),
    suspend: z.boolean().optional().describe('True stops the source until it is false again.'),
  })
  .describe('What to pull, and how.');

const status = z
  .object({
    ...commonStatus,
    url: z.string().optional().describe('Where the artifact can be downloaded.'),
    artifact: Artifact.optional().describe('The file made from the last pulled revision.'),
    observedIgnore: z.string().optional().describe('The ignore rules of the artifact.'),
    observedLayerSelector: layerSelector.optional().describe('The layer selector of the artifact.'),
  })
  .describe('What was pulled.');

/** OCIRepository of source.toolkit.fluxcd.io/v1: a repository of an OCI registry that is turned into artifacts. */
export const OCIRepository = z
  .object({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: objectMeta,
    spec,
    status: status.optional(),
  })
  .describe('A repository of an OCI registry whose revisions become artifacts for Kustomizations.');
export type OCIRepository = z.infer<typeof OCIRepository>;
