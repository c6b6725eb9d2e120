/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Between the guest program and the test module. A case is: BEGIN, which plants
 * values and takes a picture of every CPU; CALL, or a call by other means; END,
 * which takes another; JUDGE, which turns the services on again if it may, asks
 * the firmware how far it came, and looks at memory. AGAIN is a harmless call.
 * What is found wrong is text, a line each.
 */
#ifndef LAB_MISBEHAVE_H
#define LAB_MISBEHAVE_H

#define EVIDENCE_SIZE	3072
#define LIE_BUFFER	64

struct misbehave_run {
	u32	command, route, target, turn_on, habit;
	u64	arg[2];
	/* what only the program can look up: addresses in the kernel */
	u64	text, text_end, data, function;
	/* results */
	u64	status;		/* of the call, or of the one that was lied about */
	u32	exposed;	/* number of findings of either sort */
	u32	changed;
	u32	services_off;	/* the kernel has turned them off */
	u32	survived;	/* the firmware came to the end of the command */
	u64	value;
	u32	missing;	/* the CPU has not what the case is about */
	u32	delay_us;	/* of the latest of the interrupts that were sent */
	char	evidence[EVIDENCE_SIZE];
};

#define MISBEHAVE_BEGIN	_IOWR('m', 1, struct misbehave_run)
#define MISBEHAVE_CALL	_IOWR('m', 2, struct misbehave_run)
#define MISBEHAVE_END	_IOWR('m', 3, struct misbehave_run)
#define MISBEHAVE_JUDGE	_IOWR('m', 4, struct misbehave_run)
#define MISBEHAVE_AGAIN	_IOWR('m', 5, struct misbehave_run)

#endif /* LAB_MISBEHAVE_H */
