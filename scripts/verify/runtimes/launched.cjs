// Required first in every process and thread of a runtime that is started by a launcher: what they start as themselves has to be started by it, too.
if (process.env.SHARDMAP_LAUNCHER) process.execPath = process.env.SHARDMAP_LAUNCHER
