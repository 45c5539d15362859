// The one line that Next needs: what has a binary is not bundled.
export default { serverExternalPackages: ['shardmap'] }
