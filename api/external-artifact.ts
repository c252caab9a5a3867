import { z } from 'zod';
import { Artifact, commonStatus, objectMeta } from './meta.ts';

const sourceRef = z
  .object({
    apiVersion: z.string().optional().describe('API version of the object.'),
    kind: z.string().describe('Kind of the object.'),
    name: z.string().describe('Name of the object.'),
    namespace: z.string().optional().describe('Its namespace; our own where absent.'),
  })
  .describe('The object that the artifact is made from; for people alone.');

const spec = z
  .object({ sourceRef: sourceRef.optional() })
  .describe('Where the artifact comes from.');

const status = z
  .object({
    conditions: commonStatus.conditions,
    artifact: Artifact.optional().describe('The file, as its producer tells of it.'),
  })
  .describe('What a producer offers.');

/** ExternalArtifact of source.toolkit.fluxcd.io/v1: an artifact whose producer is no part of Sluice. */
export const ExternalArtifact = z
  .object({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: objectMeta,
    spec: spec.optional(),
    status: status.optional(),
  })
  .describe('An artifact of another producer, for Kustomizations to use.');
export type ExternalArtifact = z.infer<typeof ExternalArtifact>;
