import type { KubeObject } from '../../activities/cluster/object.ts';

/** What the tests look at in a container. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { name: string; value?: string; valueFrom?: object }[];
  readonly ports?: readonly { name: string; containerPort: number }[];
  readonly volumeMounts?: readonly { name: string; mountPath: string }[];
}

/** A pod as a controller would make it. */
export interface PodTemplate {
  readonly name: string;
  readonly metadata: { labels?: Record<string, string>; annotations?: Record<string, string> };
  readonly spec: {
    readonly serviceAccountName?: string;
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
    readonly volumes?: readonly object[];
    readonly [field: string]: unknown;
  };
}

/** The templates of all pods among objects. */
export function podsOf(objects: readonly KubeObject[]): PodTemplate[] {
  return objects.flatMap((object) => {
    const { template } = (object['spec'] ?? {}) as { template?: Omit<PodTemplate, 'name'> };
    return template ? [{ ...template, name: object.metadata.name }] : [];
  });
}

/** The template of the one pod of a name among objects; raises an Error where there is none. */
export function podNamed(objects: readonly KubeObject[], name: string): PodTemplate {
  const [pod] = podsOf(objects).filter((one) => one.name === name);
  if (!pod) throw new Error(`there is no pod of ${name} among the objects`);
  return pod;
}

/** The containers of the pods of an object. */
export function containersOf(object: KubeObject): readonly Container[] {
  return podsOf([object]).flatMap(({ spec }) => spec.containers);
}
