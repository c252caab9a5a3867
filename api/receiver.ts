import { z } from 'zod';
import { commonStatus, duration, localReference, objectMeta } from './meta.ts';

/** The senders of webhooks that a Receiver can tell apart. */
const senders = [
  'generic',
  'generic-hmac',
  'generic-oidc',
  'github',
  'gitlab',
  'bitbucket',
  'harbor',
  'dockerhub',
  'quay',
  'gcr',
  'nexus',
  'acr',
  'cdevents',
] as const;

const wakeable = [
  'Bucket',
  'GitRepository',
  'Kustomization',
  'HelmRelease',
  'HelmChart',
  'HelmRepository',
  'ImageRepository',
  'ImagePolicy',
  'ImageUpdateAutomation',
  'OCIRepository',
  'ArtifactGenerator',
  'ExternalArtifact',
] as const;

const resource = z
  .object({
    apiVersion: z
      .string()
      .optional()
      .describe('API version; sources, images and generators have one by default.'),
    kind: z.enum(wakeable).describe('Kind.'),
    name: z
      .string()
      .min(1)
      .max(253)
      .describe('Name, or * for all objects that carry the labels of matchLabels.'),
    namespace: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe('Namespace; that of the Receiver where absent.'),
    matchLabels: z
      .record(z.string(), z.string())
      .optional()
      .describe('Labels that the objects have to carry; goes with the name *.'),
    filter: z
      .string()
      .optional()
      .describe(
        'CEL expression over res and req that has to be true for the object, beside resourceFilter.',
      ),
  })
  .describe('Objects that a webhook asks to be reconciled.');

const provider = z
  .object({
    issuerURL: z
      .string()
      .regex(/^https?:\/\//)
      .describe('Address of the issuer, exactly as its tokens name it in iss.'),
    audience: z
      .string()
      .optional()
      .describe('What the tokens have to name in aud; notification-controller where absent.'),
    variables: z
      .array(
        z
          .object({
            name: z.string().describe('Name, as an identifier of CEL.'),
            expression: z.string().describe('CEL expression over claims and the vars before it.'),
          })
          .describe('A named value.'),
      )
      .optional()
      .describe('Values for the validations, which read them as vars.<name>.'),
    validations: z
      .array(
        z
          .object({
            expression: z.string().describe('CEL expression over claims and vars.'),
            message: z.string().describe('What the sender is told where it is false.'),
          })
          .describe('A condition on the token.'),
      )
      .min(1)
      .describe(
        'Conditions that must all hold: an issuer gives tokens to many, so a signature alone lets nobody in.',
      ),
  })
  .describe('An issuer whose tokens are accepted.');

const oidc = "self.type == 'generic-oidc'";
const namesProviders = 'has(self.oidcProviders) && size(self.oidcProviders) > 0';

const spec = z
  .object({
    type: z.enum(senders).describe('Who sends, which decides how a request is verified.'),
    interval: duration('How often the Receiver is compared with its Secret.').default('10m'),
    events: z
      .array(z.string())
      .optional()
      .describe('The events that are acted on, where the sender names them; all where absent.'),
    resources: z.array(resource).describe('The objects that are asked to reconcile.'),
    resourceFilter: z
      .string()
      .optional()
      .describe('CEL expression over res and req that has to be true for each object.'),
    secretRef: localReference(
      'Secret whose token proves the sender and makes the path; gcr needs email and audience, too.',
    ).optional(),
    oidcProviders: z
      .array(provider)
      .optional()
      .describe('The issuers of the tokens that generic-oidc accepts.')
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['issuerURL'] }),
    suspend: z.boolean().optional().describe('True refuses all requests until it is false again.'),
  })
  .describe('Whose webhooks are taken, and what they wake.')
  .meta({
    'x-kubernetes-validations': [
      {
        rule: `!(${oidc}) || (${namesProviders})`,
        message: 'the type generic-oidc needs at least one of oidcProviders',
      },
      {
        rule: `${oidc} || !(${namesProviders})`,
        message: 'oidcProviders go with the type generic-oidc alone',
      },
      {
        rule: `${oidc} || has(self.secretRef)`,
        message: 'every type but generic-oidc needs a secretRef',
      },
      {
        rule: `!(${oidc}) || !has(self.secretRef)`,
        message: 'the type generic-oidc takes no secretRef',
      },
    ],
  });

const status = z
  .object({
    ...commonStatus,
    webhookPath: z
      .string()
      .optional()
      .describe('Path that the sender posts to: /hook/ and the SHA-256 of token, name, namespace.'),
  })
  .describe('Whether webhooks are taken, and where.');

/** Receiver of notification.toolkit.fluxcd.io/v1: a webhook that asks objects to reconcile. */
export const Receiver = z
  .object({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: objectMeta,
    spec,
    status: status.optional(),
  })
  .describe('A webhook that asks objects to reconcile when something was pushed.');
export type Receiver = z.infer<typeof Receiver>;
