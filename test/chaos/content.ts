/** What a file of a repository says: an object, or nothing that can be read. */
export type Content = Item | 'broken';

/** One object as its author writes it. A serial is given once to one content and never to another. */
export interface Item {
  /** Variable: a Secret whose value comes from another one. Locked: a Secret that is encrypted in Git. */
  readonly form: 'ConfigMap' | 'ServiceAccount' | 'Variable' | 'Locked';
  readonly name: string;
  readonly serial: number;
  /** What a ConfigMap says of its health. */
  readonly state: 'ok' | 'bad';
}

/** The directory of a Kustomization: contents by the names of files. */
export type Directory = Readonly<Record<string, Content>>;

/** The annotation of every object that carries its serial. */
export const serialAnnotation = 'chaos.example.com/serial';

/** How a Kustomization has to end that is built from a directory, and what the cluster then holds of it. */
export interface Expectation {
  readonly verdict: 'good' | 'unhealthy' | 'broken';
  /** Serials by `Kind/name`. */
  readonly objects: ReadonlyMap<string, string>;
}

/** What a directory has to lead to where its names get a prefix. */
export function expectationOf(directory: Directory, prefix = ''): Expectation {
  const contents = Object.values(directory);
  const items = contents.filter((content) => content !== 'broken');
  const objects = new Map(
    items.map((item) => [`${kindOf(item)}/${prefix}${item.name}`, markOf(item)]),
  );
  if (items.length < contents.length) return { verdict: 'broken', objects };
  const isBad = items.some(({ state }) => state === 'bad');
  return { verdict: isBad ? 'unhealthy' : 'good', objects };
}

/** The text of a file; that of an encrypted Secret is looked up by its name. */
export function textOf(content: Content, locked: ReadonlyMap<string, string>): string {
  if (content === 'broken') return 'a: [';
  if (content.form === 'Locked') return locked.get(content.name) ?? '';
  return `${JSON.stringify(manifestOf(content))}\n`;
}

/** The object of an item in plain text, and what of its values has to stay secret. */
export function manifestOf(item: Item, secret = '${canary}'): object {
  const { name, serial, state } = item;
  const kind = kindOf(item);
  const metadata = { name, annotations: { [serialAnnotation]: `${serial}` } };
  const rest = { ConfigMap: { data: { state } }, ServiceAccount: {}, Secret: secretData(secret) };
  return { apiVersion: 'v1', kind, metadata, ...rest[kind] };
}

/** Encrypted files are the same in all runs, and carry none. */
function markOf({ form, serial }: Item): string {
  return form === 'Locked' ? '' : `${serial}`;
}

function secretData(token: string): object {
  return { stringData: { token } };
}

function kindOf({ form }: Item): 'ConfigMap' | 'ServiceAccount' | 'Secret' {
  return form === 'Variable' || form === 'Locked' ? 'Secret' : form;
}
