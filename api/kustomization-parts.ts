import { z } from 'zod';
import { localReference } from './meta.ts';

/** Which rendered objects a patch or an ignore rule is for; empty fields match everything. */
export const selector = z
  .object({
    group: z.string().optional().describe('API group.'),
    version: z.string().optional().describe('API version.'),
    kind: z.string().optional().describe('Kind.'),
    namespace: z.string().optional().describe('Namespace, as an anchored regular expression.'),
    name: z.string().optional().describe('Name, as an anchored regular expression.'),
    annotationSelector: z.string().optional().describe('Selector on annotations.'),
    labelSelector: z.string().optional().describe('Selector on labels.'),
  })
  .describe('The objects it is for.');

/** One change to an image reference. */
export const image = z
  .object({
    name: z.string().describe('Name of the image as the manifests write it.'),
    newName: z.string().optional().describe('Name to put in its place.'),
    newTag: z.string().optional().describe('Tag to put in its place; clears a digest.'),
    digest: z.string().optional().describe('Digest to put in its place; clears a tag.'),
  })
  .describe('A change to the references to one image.');

/** An object whose health is waited for. */
export const healthCheck = z
  .object({
    apiVersion: z.string().optional().describe('API version; apps/v1 where absent.'),
    kind: z.string().describe('Kind.'),
    name: z.string().describe('Name.'),
    namespace: z.string().optional().describe('Namespace.'),
  })
  .describe('An object, of this source or not, that has to be healthy.');

/** Health rules in CEL for kinds that do not follow kstatus. */
export const healthCheckExpr = z
  .object({
    apiVersion: z.string().describe('API version; its group decides.'),
    kind: z.string().optional().describe('Kind; all kinds of the group where absent.'),
    current: z.string().describe('True when the object is healthy.'),
    inProgress: z.string().optional().describe('True while it is on its way.'),
    failed: z.string().optional().describe('True when it will not become healthy.'),
  })
  .describe('Health of a kind, told by CEL expressions.');

/** A Kustomization that has to be ready first. */
export const dependency = z
  .object({
    name: z.string().describe('Name of the Kustomization.'),
    namespace: z.string().optional().describe('Its namespace; our own where absent.'),
    readyExpr: z
      .string()
      .optional()
      .describe('CEL expression over self and dep that takes the place of the Ready condition.'),
  })
  .describe('A Kustomization that has to be ready before this one is applied.');

/** Metadata for every rendered object. */
export const commonMetadata = z
  .object({
    labels: z.record(z.string(), z.string()).optional().describe('Labels to set.'),
    annotations: z.record(z.string(), z.string()).optional().describe('Annotations to set.'),
  })
  .describe('Metadata that is set on every object, over what the manifests say.');

/** How encrypted files are read. */
export const decryption = z
  .object({
    provider: z.enum(['sops']).describe('The tool that encrypted the files.'),
    secretRef: localReference('Secret with the keys.').optional(),
    serviceAccountName: z
      .string()
      .optional()
      .describe('ServiceAccount used to reach a key service.'),
  })
  .describe('Decrypts what is encrypted in the repository.');

/** What happens to the manifests after the build. */
export const postBuild = z
  .object({
    substitute: z
      .record(z.string(), z.string())
      .optional()
      .describe('Variables and their values; they win over those of substituteFrom.'),
    substituteFrom: z
      .array(
        z
          .object({
            kind: z.enum(['Secret', 'ConfigMap']).describe('Kind of the object.'),
            name: z.string().min(1).max(253).describe('Name of the object.'),
            optional: z
              .boolean()
              .default(false)
              .describe('True tolerates that the object is not there.'),
          })
          .describe('An object of the same namespace whose data are variables.'),
      )
      .optional()
      .describe('Objects that hold variables; later ones win.'),
    substituteStrategy: z
      .enum(['WithVariables', 'Always'])
      .optional()
      .describe('Whether substitution also runs when there is no variable at all.'),
  })
  .describe('Substitution of variables in the built manifests.');

/** Access to another cluster. */
export const kubeConfig = z
  .object({
    secretRef: z
      .object({
        name: z.string().describe('Name of the Secret.'),
        key: z.string().optional().describe('Key that holds the kubeconfig; value where absent.'),
      })
      .optional()
      .describe('Secret that holds a kubeconfig.'),
    configMapRef: localReference(
      'ConfigMap that tells how to reach the cluster by workload identity.',
    ).optional(),
  })
  .describe('The cluster to apply to, where it is not the one of this object.')
  .meta({
    'x-kubernetes-validations': [
      {
        rule: 'has(self.secretRef) != has(self.configMapRef)',
        message: 'exactly one of secretRef and configMapRef must be set',
      },
    ],
  });

/** Fields that are left to others. */
export const ignoreRule = z
  .object({
    paths: z.array(z.string()).min(1).describe('JSON pointers of the fields.'),
    target: selector.optional(),
  })
  .describe('Fields whose differences are no drift.');
