"""Scored reviews → sentiment by period, group and term, with intervals, change points and quotes, in bounded memory."""
