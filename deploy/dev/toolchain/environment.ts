const ALWAYS = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'USER'];
const FOR_BUILDS = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
    name,
    name.toLowerCase(),
  ]),
)
  .add('SSL_CERT_FILE')
  .add('SSL_CERT_DIR')
  .add('XDG_CACHE_HOME');

/** The environment of a part of the stack: nothing of the user's settings leaks into it, such as KUBECONFIG, proxies or credentials. */
export function minimalEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return pick(env, (name) => ALWAYS.includes(name));
}

/** The environment of a Go build: additionally the Go settings and the way to the network. */
export function buildEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const isGo = (name: string): boolean => /^GO[A-Z0-9]*$/.test(name);
  const kept = pick(env, (name) => ALWAYS.includes(name) || FOR_BUILDS.has(name) || isGo(name));
  return { ...kept, CGO_ENABLED: '0' };
}

function pick(env: NodeJS.ProcessEnv, wanted: (name: string) => boolean): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && wanted(name)) kept[name] = value;
  }
  return kept;
}
