import { z } from 'zod';
import {
  commonMetadata,
  decryption,
  dependency,
  healthCheck,
  healthCheckExpr,
  ignoreRule,
  image,
  kubeConfig,
  postBuild,
  selector,
} from './kustomization-parts.ts';
import { commonStatus, duration, objectMeta, time } from './meta.ts';

const sourceRef = z
  .object({
    apiVersion: z.string().optional().describe('API version of the source.'),
    kind: z
      .enum(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact'])
      .describe('Kind of the source.'),
    name: z.string().describe('Name of the source.'),
    namespace: z.string().optional().describe('Its namespace; our own where absent.'),
  })
  .describe('The source that the manifests come from.');

const spec = z
  .object({
    interval: duration('How often the cluster is compared with the source and corrected.'),
    retryInterval: duration(
      'How long to wait after a failure; the interval where absent.',
    ).optional(),
    timeout: duration(
      'How long health checks may take; the interval less 30s where absent, and never under 30s.',
    ).optional(),
    sourceRef,
    path: z
      .string()
      .optional()
      .describe('Directory of the source to build; its root where absent.'),
    prune: z.boolean().describe('Whether objects that left the source are deleted.'),
    deletionPolicy: z
      .enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'])
      .optional()
      .describe(
        'What becomes of the objects when this one is deleted; as prune says where absent.',
      ),
    wait: z.boolean().optional().describe('Wait until every applied object is healthy.'),
    healthChecks: z
      .array(healthCheck)
      .optional()
      .describe('Wait until these objects are healthy; not used together with wait.'),
    healthCheckExprs: z
      .array(healthCheckExpr)
      .optional()
      .describe('Health rules for kinds that need their own.'),
    dependsOn: z.array(dependency).optional().describe('What has to be ready first.'),
    targetNamespace: z
      .string()
      .min(1)
      .max(63)
      .optional()
      .describe('Namespace that is set on every namespaced object; it has to exist.'),
    namePrefix: z.string().min(1).max(200).optional().describe('Put before every name.'),
    nameSuffix: z.string().min(1).max(200).optional().describe('Put after every name.'),
    patches: z
      .array(
        z
          .object({
            patch: z
              .string()
              .describe('A strategic merge patch or a list of JSON 6902 operations.'),
            target: selector.optional(),
          })
          .describe('A change to the objects of the build.'),
      )
      .optional()
      .describe('Patches, run after those of the kustomization file.'),
    images: z.array(image).optional().describe('Changes to image references.'),
    components: z
      .array(z.string())
      .optional()
      .describe('Kustomize components, as paths relative to path.'),
    ignoreMissingComponents: z
      .boolean()
      .optional()
      .describe('True skips components that are not there.'),
    commonMetadata: commonMetadata.optional(),
    buildMetadata: z
      .array(z.enum(['originAnnotations', 'transformerAnnotations']))
      .optional()
      .describe('Annotations that tell where an object came from.'),
    postBuild: postBuild.optional(),
    decryption: decryption.optional(),
    force: z
      .boolean()
      .default(false)
      .describe('Delete and create again where a field can not be changed.'),
    ignore: z.array(ignoreRule).optional().describe('Fields that are left to others.'),
    serviceAccountName: z
      .string()
      .optional()
      .describe('ServiceAccount of this namespace whose rights are used.'),
    kubeConfig: kubeConfig.optional(),
    suspend: z.boolean().optional().describe('True stops reconciling until it is false again.'),
  })
  .describe('What to apply, from where, and how.');

const status = z
  .object({
    ...commonStatus,
    lastAppliedRevision: z.string().optional().describe('The last revision applied with success.'),
    lastAppliedOriginRevision: z
      .string()
      .optional()
      .describe('The revision at the origin of the artifact that was applied last.'),
    lastAttemptedRevision: z.string().optional().describe('The last revision that was tried.'),
    inventory: z
      .object({
        entries: z
          .array(
            z
              .object({
                id: z.string().describe('<namespace>_<name>_<group>_<kind>.'),
                v: z.string().describe('API version.'),
              })
              .describe('One applied object.'),
          )
          .describe('The applied objects.'),
      })
      .optional()
      .describe('What was applied and is to be pruned some day.'),
    history: z
      .array(
        z
          .object({
            digest: z.string().describe('Digest of the built manifests.'),
            firstReconciled: time('When they were first applied.'),
            lastReconciled: time('When they were last applied.'),
            lastReconciledDuration: z.string().describe('How long that took.'),
            lastReconciledStatus: z.string().describe('How it ended.'),
            totalReconciliations: z.int().describe('How often it ended so.'),
            metadata: z
              .record(z.string(), z.string())
              .optional()
              .describe('The revision, and that of the origin.'),
          })
          .describe('Passes with the same manifests and the same end.'),
      )
      .optional()
      .describe('The last five kinds of outcome, newest first.'),
  })
  .describe('What was applied.');

/** Kustomization of kustomize.toolkit.fluxcd.io/v1: manifests of a source that are kept applied to a cluster. */
export const Kustomization = z
  .object({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: objectMeta,
    spec,
    status: status.optional(),
  })
  .describe('Manifests of a source that are built with kustomize and kept applied.');
export type Kustomization = z.infer<typeof Kustomization>;
