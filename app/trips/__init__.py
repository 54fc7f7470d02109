"""The trip: what is asked and answered, and a planner that can be used by itself.

As a library it needs no Redis, no HTTP and no clock:

    trip = Trip(...)                              # problem.py: cities, sights, meals, stays, legs, party, wishes
    answer = plan_trip(trip)                      # planner/solving.py: a Plan, or Infeasible with its ways out
    certificate = check(trip, answer)             # check/: trusts nothing of the planner, one verdict a rule
    replan(trip, answer, Avoid(id="louvre"))      # replan.py, changes.py: one thing changes, little moves
    orienteering.solve(points, travel, tours)     # orienteering/: the solver of the days alone

Nothing is imported here, since the gateway, which plans nothing, imports this package too.
"""
