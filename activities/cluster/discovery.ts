import { ApiError } from './api-error.ts';
import type { ObjectRef } from './object.ts';

/** How a kind is addressed in the API. */
export interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Remembers which kinds the API server serves; asks again for a kind it does not know, so that a new CRD is learned at once. */
export class Discovery {
  readonly #get: (path: string) => Promise<unknown>;
  readonly #groups = new Map<string, Promise<Map<string, Resource>>>();

  constructor(get: (path: string) => Promise<unknown>) {
    this.#get = get;
  }

  /** The resource of a kind; raises ApiError 404 where the server does not serve it. */
  async resolve(ref: Pick<ObjectRef, 'apiVersion' | 'kind'>): Promise<Resource> {
    const known = (await this.#load(ref.apiVersion)).get(ref.kind);
    if (known) return known;
    this.forget(ref.apiVersion);
    const fresh = (await this.#load(ref.apiVersion)).get(ref.kind);
    if (fresh) return fresh;
    throw new ApiError(
      404,
      'NotFound',
      `no matches for kind "${ref.kind}" in version "${ref.apiVersion}"`,
    );
  }

  /** The apiVersions in which a group is served now, the preferred ones first; none for a group that is not, and for the core group. */
  async versionsOf(group: string): Promise<string[]> {
    if (group === '') return [];
    try {
      const { versions = [] } = (await this.#get(`/apis/${group}`)) as GroupList;
      return versions.map(({ groupVersion }) => groupVersion);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return [];
      throw error;
    }
  }

  /** Drops what is known of one apiVersion, or of all: called after a CRD was applied or deleted. */
  forget(apiVersion?: string): void {
    if (apiVersion === undefined) this.#groups.clear();
    else this.#groups.delete(apiVersion);
  }

  #load(apiVersion: string): Promise<Map<string, Resource>> {
    const known = this.#groups.get(apiVersion);
    if (known) return known;
    const loading = this.#fetch(apiVersion);
    this.#groups.set(apiVersion, loading);
    loading.catch(() => this.#groups.delete(apiVersion));
    return loading;
  }

  async #fetch(apiVersion: string): Promise<Map<string, Resource>> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const list = (await this.#get(path)) as ResourceList;
      const rows = (list.resources ?? []).filter((row) => !row.name.includes('/'));
      return new Map(
        rows.map((row) => [row.kind, { plural: row.name, namespaced: row.namespaced }]),
      );
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return new Map();
      throw error;
    }
  }
}

interface GroupList {
  versions?: { groupVersion: string }[];
}

interface ResourceList {
  resources?: { name: string; kind: string; namespaced: boolean }[];
}

/** Path of an object at the API server, or of its collection when the name is empty. */
export function objectPath(resource: Resource, ref: ObjectRef): string {
  const base = ref.apiVersion.includes('/') ? `/apis/${ref.apiVersion}` : `/api/${ref.apiVersion}`;
  const scope =
    resource.namespaced && ref.namespace ? `/namespaces/${encodeURIComponent(ref.namespace)}` : '';
  return `${base}${scope}/${resource.plural}${ref.name ? `/${encodeURIComponent(ref.name)}` : ''}`;
}
