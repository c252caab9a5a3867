/** An object of a repository. */
export interface GitObject {
  readonly type: 'commit' | 'tree' | 'blob' | 'tag';
  readonly content: Buffer;
}

/** The objects of a fetched pack, by their hashes; every hash was computed from the content. */
export interface GitObjects {
  has(oid: string): boolean;
  /** Bytes of an object. Raises GitOperationFailed where it is not there. */
  size(oid: string): number;
  read(oid: string): Promise<GitObject>;
}
