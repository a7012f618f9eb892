// Says which paths of a folder something happened at: one inotify watch per directory and nothing
// else, because every millisecond here is one of the route's (ADR 5).
import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs'
import { basename, join } from 'node:path'

export interface TreeWatchOptions {
  readonly root: string
  /** By the name of a directory; what is in it is not watched. */
  readonly skips: (name: string) => boolean
  /** A file or directory appeared, changed or went; also once for each directory that is new. */
  readonly onPath: (path: string) => void
  readonly onError: (error: Error) => void
}

/** Symbolic links may form a circle; no folder of objects is this deep. */
const DEPTH_MAX = 32

export class TreeWatch implements Disposable {
  readonly #options: TreeWatchOptions
  readonly #watchers = new Map<string, { watcher: FSWatcher; inode: number }>()

  constructor(options: TreeWatchOptions) {
    this.#options = options
    this.#enter(options.root, 0)
  }

  /** Looks for directories that no event told of: a lost event, another target of a link. */
  resync(): void {
    for (const dir of [...this.#watchers.keys()]) if (!isDirectory(dir)) this.#leave(dir)
    this.#enter(this.#options.root, 0)
  }

  [Symbol.dispose](): void {
    this.#leave(this.#options.root)
  }

  #enter(dir: string, depth: number): void {
    const inode = inodeOf(dir)
    if (depth > DEPTH_MAX || inode === undefined) return
    // The name stayed, the directory is another one: the old watch sees nothing any more.
    if (this.#watchers.has(dir) && this.#watchers.get(dir)?.inode !== inode) this.#leave(dir)
    // Watch first, list second: what appears in between is seen twice, not never.
    if (!this.#watchers.has(dir)) {
      this.#watch(dir, inode)
      this.#options.onPath(dir)
    }
    for (const entry of listOf(dir)) {
      if (entry.isFile() || this.#options.skips(entry.name)) continue
      this.#enter(join(dir, entry.name), depth + 1)
    }
  }

  #watch(dir: string, inode: number): void {
    try {
      const watcher = watch(dir, (_, name) => this.#happened(dir, name))
      watcher.on('error', (error) => this.#options.onError(error))
      this.#watchers.set(dir, { watcher, inode })
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code
      if (code === 'ENOENT') return
      const hint = code === 'ENOSPC' ? ' (raise fs.inotify.max_user_watches)' : ''
      this.#options.onError(new Error(`cannot watch ${dir}${hint}`, { cause }))
    }
  }

  #happened(dir: string, name: string | null): void {
    // Without a name the kernel only says that something happened in there.
    const path = name === null ? dir : join(dir, name)
    if (name !== null && !this.#options.skips(name)) this.#follow(path)
    this.#options.onPath(path)
    // The end of a directory is reported by its own name; there may be another one already.
    if (name === basename(dir)) {
      this.#leave(dir)
      this.#enter(dir, this.#depthOf(dir))
    }
  }

  #follow(path: string): void {
    if (isDirectory(path)) this.#enter(path, this.#depthOf(path))
    else if (this.#watchers.has(path)) this.#leave(path)
  }

  #depthOf(path: string): number {
    return path.split('/').length - this.#options.root.split('/').length
  }

  #leave(dir: string): void {
    for (const [path, { watcher }] of this.#watchers) {
      if (path !== dir && !path.startsWith(`${dir}/`)) continue
      watcher.close()
      this.#watchers.delete(path)
    }
  }
}

/** Of the directory a path leads to, through links; undefined when there is none. */
function inodeOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isDirectory() ? stats.ino : undefined
}

const isDirectory = (path: string): boolean => inodeOf(path) !== undefined

function listOf(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
