import { z } from 'zod';
import { ExternalArtifact } from './external-artifact.ts';
import { GitRepository } from './git-repository.ts';
import { Kustomization } from './kustomization.ts';
import { OCIRepository } from './oci-repository.ts';
import { Receiver } from './receiver.ts';

/** A CustomResourceDefinition as it is written to deploy/crds. */
export type Crd = Record<string, unknown> & {
  metadata: { name: string; [field: string]: unknown };
};

interface Names {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly columns: readonly Column[];
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly jsonPath: string;
}

/** The CRDs of every kind, made from its zod schema: one schema is the type, the validation and the definition. */
export function crdManifests(): Crd[] {
  return kinds.map(([schema, names]) => crdOf(schema, names));
}

const stateColumns: readonly Column[] = [
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
];

const kinds: readonly (readonly [z.ZodObject, Names])[] = [
  [
    GitRepository,
    {
      group: 'source.toolkit.fluxcd.io',
      kind: 'GitRepository',
      plural: 'gitrepositories',
      shortNames: ['gitrepo'],
      categories: ['all', 'fluxcd', 'fluxcd-sources'],
      columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ...stateColumns],
    },
  ],
  [
    OCIRepository,
    {
      group: 'source.toolkit.fluxcd.io',
      kind: 'OCIRepository',
      plural: 'ocirepositories',
      shortNames: ['ocirepo'],
      categories: ['all', 'fluxcd', 'fluxcd-sources'],
      columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ...stateColumns],
    },
  ],
  [
    ExternalArtifact,
    {
      group: 'source.toolkit.fluxcd.io',
      kind: 'ExternalArtifact',
      plural: 'externalartifacts',
      shortNames: [],
      categories: ['all', 'fluxcd', 'fluxcd-sources'],
      columns: [
        ...stateColumns,
        { name: 'Source', type: 'string', jsonPath: '.spec.sourceRef.name' },
      ],
    },
  ],
  [
    Kustomization,
    {
      group: 'kustomize.toolkit.fluxcd.io',
      kind: 'Kustomization',
      plural: 'kustomizations',
      shortNames: ['ks'],
      categories: ['all', 'fluxcd', 'fluxcd-appliers'],
      columns: stateColumns,
    },
  ],
  [
    Receiver,
    {
      group: 'notification.toolkit.fluxcd.io',
      kind: 'Receiver',
      plural: 'receivers',
      shortNames: [],
      categories: ['all', 'fluxcd'],
      columns: stateColumns,
    },
  ],
];

function crdOf(schema: z.ZodObject, names: Names): Crd {
  const { group, kind, plural, shortNames, categories, columns } = names;
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/part-of': 'flux' },
      // A CRD is full of ${…}-like text that a Kustomization which ships it must not substitute.
      annotations: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' },
    },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          additionalPrinterColumns: columns,
          subresources: { status: {} },
          schema: { openAPIV3Schema: openApiSchema(schema) },
        },
      ],
    },
  };
}

function openApiSchema(schema: z.ZodObject): Record<string, unknown> {
  const { spec, status } = schema.shape;
  const state = structural(status);
  // Nobody writes a generation into the status of what only others reconcile.
  const fresh = hasGeneration(state) ? { default: { observedGeneration: -1 } } : {};
  return {
    type: 'object',
    description: schema.description,
    properties: {
      apiVersion: { type: 'string', description: 'Version of the API.' },
      kind: { type: 'string', description: 'Kind of the object.' },
      metadata: { type: 'object' },
      spec: structural(spec),
      status: { ...state, ...fresh },
    },
    ...(spec instanceof z.ZodOptional ? {} : { required: ['spec'] }),
  };
}

function hasGeneration({ properties }: Record<string, unknown>): boolean {
  return (
    typeof properties === 'object' && properties !== null && 'observedGeneration' in properties
  );
}

/** The schema in the structural form that the API server demands: no references, no keywords of later JSON Schema drafts. */
function structural(schema: unknown): Record<string, unknown> {
  if (!(schema instanceof z.ZodType)) throw new TypeError('a CRD needs a zod schema of its part');
  const json = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => {
      delete jsonSchema.propertyNames;
      if (jsonSchema.type !== 'integer') return;
      jsonSchema.format = 'int64';
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  delete json.$schema;
  return { ...json };
}
