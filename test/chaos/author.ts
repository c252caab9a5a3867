import type { Content, Directory, Item } from './content.ts';
import type { PlannedKustomization } from './plan.ts';
import type { Random } from './random.ts';

/** Files by path, as a commit changes them; null deletes one. */
export type Change = Record<string, Content | null>;

/** Somebody who commits to the repositories of a scenario and knows what is in them. */
export interface Author {
  /** The first commit to a source: every Kustomization gets some objects. */
  first(source: number): Change;
  /** Adds, changes, renames and deletes, breaks something, mends it, or goes back to an earlier commit. */
  change(source: number): Change;
  /** Mends everything but these Kustomizations, which end broken or unhealthy. */
  last(source: number, bad: readonly string[]): Change;
}

/** An author whose choices come from the random numbers alone. */
export function openAuthor(random: Random, members: readonly PlannedKustomization[]): Author {
  const state: State = { random, trees: new Map(), past: [], serial: 0 };
  const own = (source: number): string[] =>
    members.filter((one) => one.source === source).map(({ name }) => name);
  const commit = (source: number, work: (name: string) => void): Change => {
    const before = snapshot(state, own(source));
    for (const name of own(source)) work(name);
    const after = snapshot(state, own(source));
    state.past.push({ source, tree: after });
    return difference(before, after);
  };
  return {
    first: (source) =>
      commit(source, (name) => {
        state.trees.set(name, begin(state, name));
      }),
    change(source) {
      const earlier = state.past.filter((one) => one.source === source);
      if (earlier.length > 1 && random.chance(0.1)) {
        const { tree } = random.pick(earlier);
        return commit(source, (name) => state.trees.set(name, { ...tree[name] }));
      }
      return commit(source, (name) => {
        if (random.chance(0.75)) edit(state, name);
      });
    },
    last: (source, bad) =>
      commit(source, (name) => {
        mend(state, name);
        if (bad.includes(name)) damage(state, name);
      }),
  };
}

interface State {
  readonly random: Random;
  readonly trees: Map<string, Record<string, Content>>;
  readonly past: { readonly source: number; readonly tree: Tree }[];
  serial: number;
}

/** Directories by the names of Kustomizations. */
export type Tree = Readonly<Record<string, Directory>>;

/** What always stays, so that a directory is never empty. */
const baseFile = 'base.yaml';
const brokenFile = 'broken.yaml';

function begin(state: State, member: string): Record<string, Content> {
  const { random } = state;
  const directory: Record<string, Content> = {
    [baseFile]: configMap(state, `${member}-base`),
  };
  for (let left = random.between(1, 6); left > 0; left--) add(state, member, directory);
  if (random.chance(0.4)) {
    // Encrypted once and for all: what its author signed can not be changed here.
    const locked = { form: 'Locked', name: `${member}-locked`, serial: 0, state: 'ok' } as const;
    directory['locked.yaml'] = locked;
  }
  return directory;
}

function add(state: State, member: string, directory: Record<string, Content>): void {
  const { random } = state;
  const form = random.weighted({ ConfigMap: 6, ServiceAccount: 1, Variable: 2 });
  const serial = ++state.serial;
  const name = `${member}-${serial}`;
  directory[`${name}.yaml`] = { form, name, serial, state: 'ok' };
}

function edit(state: State, member: string): void {
  const { random } = state;
  const directory = state.trees.get(member) ?? {};
  for (let left = random.between(1, 3); left > 0; left--) {
    const files = Object.keys(directory).filter((file) => /-\d+\.yaml$/.test(file));
    const what = random.weighted({ add: 3, change: 5, rename: 2, delete: 3, damage: 2, mend: 3 });
    if (what === 'add') add(state, member, directory);
    else if (what === 'damage') damage(state, member);
    else if (what === 'mend') mend(state, member);
    else if (what === 'change') change(state, directory, random.pick([baseFile, ...files]));
    else if (files.length > 0) {
      Reflect.deleteProperty(directory, random.pick(files));
      if (what === 'rename') add(state, member, directory);
    }
  }
  state.trees.set(member, directory);
}

function change(state: State, directory: Record<string, Content>, file: string): void {
  const content = directory[file];
  if (content === undefined || content === 'broken') return;
  directory[file] = { ...content, serial: ++state.serial };
}

function damage(state: State, member: string): void {
  const directory = state.trees.get(member) ?? {};
  if (state.random.chance(0.5)) directory[brokenFile] = 'broken';
  else directory[baseFile] = { ...configMap(state, `${member}-base`), state: 'bad' };
  state.trees.set(member, directory);
}

function mend(state: State, member: string): void {
  const directory = state.trees.get(member) ?? {};
  Reflect.deleteProperty(directory, brokenFile);
  const base = directory[baseFile];
  if (base === undefined || base === 'broken' || base.state === 'bad') {
    directory[baseFile] = configMap(state, `${member}-base`);
  }
  state.trees.set(member, directory);
}

function configMap(state: State, name: string): Item {
  return { form: 'ConfigMap', name, serial: ++state.serial, state: 'ok' };
}

function snapshot({ trees }: State, names: readonly string[]): Tree {
  return Object.fromEntries(names.map((name) => [name, { ...trees.get(name) }]));
}

function difference(before: Tree, after: Tree): Change {
  const files: Change = {};
  for (const [member, directory] of Object.entries(after)) {
    const old = before[member] ?? {};
    for (const file of new Set([...Object.keys(old), ...Object.keys(directory)])) {
      const [was, is] = [old[file], directory[file]];
      if (JSON.stringify(was) !== JSON.stringify(is)) files[`${member}/${file}`] = is ?? null;
    }
  }
  return files;
}
