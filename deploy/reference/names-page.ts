import { code, page, table, type Page } from './markdown.ts';
import { names, type MetadataName } from './names.ts';

/** The annotations, labels and other names in the metadata of objects that Sluice reads or writes. */
export function namesPage(): Page {
  const of = (owner: MetadataName['owner']): string =>
    table(
      ['name', 'as', 'on', 'values', 'meaning'],
      names
        .filter((name) => name.owner === owner)
        .map(({ name, as, on, values, meaning }) => [code(name), as, on, values, meaning]),
    );
  return page('annotations.md', 'Annotations, labels and finalizers', [
    'Names of Flux mean what they mean under Flux. A name of Sluice on a Kustomization or a source is read at once: the bridge looks again when one changes.',
    '## Of Sluice',
    of('Sluice'),
    '## Of Flux',
    of('Flux'),
  ]);
}
