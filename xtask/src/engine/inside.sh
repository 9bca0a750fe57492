# inside.sh ROOT HOME MEMORY PROGRAM [ARGUMENT…]: runs PROGRAM in ROOT. Expects a mount namespace of
# its own. MEMORY, where it is not empty, is a directory below HOME whose files shall lie in memory.
root=$1 home=$2 memory=$3
shift 3

if [ -n "$memory" ]; then
    mount -t tmpfs -o mode=711 smartbuild-engine "$memory"
fi

mount --bind "$root" "$root" || {
    echo "no right to mount: a container must be privileged (CAP_SYS_ADMIN) to run an engine" >&2
    exit 1
}
for kernel in proc sys dev; do
    mount --rbind "/$kernel" "$root/$kernel"
done

# The caller's files under the same paths, except where they are the root's own system directories.
here=/$(echo "$PWD" | cut -d/ -f2)
case $here in
    / | /bin | /boot | /dev | /etc | /lib* | /proc | /run | /sbin | /sys | /usr | /var) here= ;;
esac
for directory in "$home" /tmp /home /srv $here; do
    [ -d "$directory" ] || continue
    mkdir -p "$root$directory"
    mount --rbind "$directory" "$root$directory"
done
cat /etc/resolv.conf >"$root/etc/resolv.conf" 2>/dev/null || true

exec chroot "$root" sh -c 'cd "$0" 2>/dev/null || cd /; exec "$@"' "$PWD" "$@"
