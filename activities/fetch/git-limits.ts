/**
 * What a repository may cost. A remote, and whoever may push to it, is no more trusted than any other input: each limit ends the fetch with
 * a reason instead of filling memory or disk.
 */
export const gitLimits = {
  /** Bytes of a list of references: some 600,000 of them. */
  references: 64 * 1024 * 1024,
  /** Bytes of a pack as it is sent, which lies on disk. */
  pack: 1024 * 1024 * 1024,
  /** Objects of a pack. */
  objects: 500_000,
  /** Bytes of one object, which has to fit into memory. */
  object: 256 * 1024 * 1024,
  /** Bytes that all objects of a pack come to when they are unpacked. */
  unpacked: 4 * 1024 * 1024 * 1024,
  /** Length of a chain of deltas; git itself makes none of more than 4095. */
  deltas: 4095,
  /** Directories inside each other. */
  depth: 256,
  /** Files and directories of a commit, however often they share their content. */
  entries: 500_000,
  /** Bytes of the content of all files of a commit. */
  files: 4 * 1024 * 1024 * 1024,
} as const;
