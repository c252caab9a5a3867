/** A repository of a registry. */
export interface RepositoryName {
  /** Host and port, as people write it; credentials are looked up by it. */
  readonly registry: string;
  /** Host and port that is asked. */
  readonly host: string;
  readonly path: string;
}

/** Reads `oci://<host>[:<port>]/<path>`; raises an Error that says what is wrong with it, for a tag or a digest too. */
export function parseRepositoryName(url: string): RepositoryName {
  const text = /^oci:\/\/(.*)$/s.exec(url)?.[1];
  if (text === undefined) throw new Error('it does not begin with oci://');
  const { registry, path } = split(text);
  if (!hostPattern.test(registry)) throw new Error(`"${registry}" is no host of a registry`);
  const [bare = '', ...tag] = path.split(':');
  if (path.includes('@')) throw new Error('a digest belongs into spec.ref.digest');
  if (tag.length > 0)
    throw new Error(`a tag belongs into spec.ref.tag: remove ":${tag.join(':')}"`);
  if (!pathPattern.test(bare) || bare.length > maxPath) {
    throw new Error(`"${bare}" is no name of a repository: lower-case parts, joined by slashes`);
  }
  return { registry, host: registry === dockerHub ? dockerHost : registry, path: bare };
}

/** The registry that is meant where none is named, and the host at which it is asked. */
const dockerHub = 'docker.io';
const dockerHost = 'registry-1.docker.io';

const hostPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?$/;
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${part}(?:/${part})*$`);
const maxPath = 255;

/** A first part without a dot, a port or the name localhost is no host: docker.io is meant, as every tool for images does. */
function split(text: string): { registry: string; path: string } {
  const at = text.indexOf('/');
  const first = at < 0 ? '' : text.slice(0, at);
  if (!/[.:[]|^localhost$/.test(first)) {
    return { registry: dockerHub, path: text.includes('/') ? text : `library/${text}` };
  }
  const registry = first === 'index.docker.io' ? dockerHub : first;
  const path = text.slice(at + 1);
  return {
    registry,
    path: registry === dockerHub && !path.includes('/') ? `library/${path}` : path,
  };
}
