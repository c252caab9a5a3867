/** A machine a release is published for. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** One official download; either its checksum is pinned here or it is published next to it. */
export interface Download {
  readonly url: string;
  readonly sha256?: string;
  /** A file in the form of sha256sum, or with the bare checksum. */
  readonly checksumUrl?: string;
  /** The program's path inside the .tar.gz; without it the download is the program itself. */
  readonly member?: string;
}

/** A Go build from the module in `deploy/dev/modules`, pinned by its go.mod and go.sum. */
export interface Build {
  readonly module: string;
  readonly package: string;
  readonly ldflags: string;
  /** On two cores, with an empty build cache. */
  readonly usually: string;
  /** Orders the builds, biggest first. */
  readonly minutes: number;
}
