/*
 * A file system that hangs: mounted over DIR, it never answers the kernel's
 * first question, so that whoever touches it sleeps until a fatal signal. Says
 * "hung" once it is mounted, stays until its standard input ends, and takes it
 * away then. Root, and /dev/fuse, or exit status 77.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[64], octet;

	if (argc != 2 || fd == -1)
		return 77;
	snprintf(options, sizeof(options),
		"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (mount("hung", argv[1], "fuse.hung", 0, options) == -1)
		return 77;
	puts("hung");
	fflush(stdout);
	while (read(STDIN_FILENO, &octet, 1) > 0)
		;
	return umount2(argv[1], MNT_FORCE | MNT_DETACH) == 0 ? 0 : 1;
}
