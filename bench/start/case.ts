/** What a server finds when it starts. */
export interface FolderCase {
  readonly folder: string;
  readonly entries: number;
  /** Whether the locks are still held at the end, or were all given back. */
  readonly locks: "held" | "released";
  /** Of the last entry. */
  readonly hasSnapshot: boolean;
}
