//! Joins elementwise functions that follow each other into one kernel: the gates of a recurrent
//! cell, a normalisation, a mask.
//!
//! If only one other function reads the results of a function, both are computed together. So a
//! group of plans grows from its last plan, the *root*, towards the tensors that the group reads.

use std::mem;

use super::{Compiler, Tensors};
use crate::kernels::{Chain, Function, Link, MOST_LEAVES, MOST_LINKS, Runs, Unary};
use crate::plan::{Plan, Source};

/// The most numbers of one tensor to analyse, and the most of all chains together: a small file
/// can declare more than fits in memory. Beyond that, functions are computed one by one.
const MOST_NUMBERS: usize = 1 << 16;
const MOST_LOOKS: usize = 1 << 26;

/// How often plans that could not be joined are tried again in smaller groups.
const MOST_ROUNDS: usize = 8;

/// An elementwise plan.
pub(super) struct Each<'p> {
    pub(super) function: Function,
    /// The runs of the results, then of the operands.
    runs: &'p [Runs],
    len: usize,
    pub(super) operands: Vec<Source>,
    pub(super) result: usize,
}

impl Plan {
    pub(super) fn each(&self) -> Option<Each<'_>> {
        Some(match self {
            Plan::Unary { function, runs, len, data, result } => Each {
                function: Function::Unary(*function),
                runs,
                len: *len,
                operands: vec![Source::Tensor(*data)],
                result: *result,
            },
            Plan::Binary { function, runs, len, operands, result } => Each {
                function: Function::Binary(*function),
                runs,
                len: *len,
                operands: operands.to_vec(),
                result: *result,
            },
            _ => return None,
        })
    }
}

impl Each<'_> {
    /// How many numbers it computes.
    pub(super) fn numbers(&self) -> usize {
        self.runs[0].offsets.len().saturating_mul(self.len)
    }

    /// Whether it can be part of a chain. A plain copy is only worth it in runs.
    fn fits(&self) -> bool {
        let is_copy = self.function == Function::Unary(Unary::Same);
        let is_by_runs = self.len >= Chain::SHORTEST && self.runs.iter().all(|runs| runs.step == 1);
        self.numbers() <= MOST_NUMBERS && (is_by_runs || !is_copy)
    }

    /// The place of number `number`: for `of` 0 in the results, else in operand `of` - 1.
    pub(super) fn place(&self, of: usize, number: usize) -> usize {
        let Runs { offsets, step, .. } = &self.runs[of];
        offsets[number / self.len] + number % self.len * step
    }
}

impl Compiler<'_> {
    /// Joins elementwise functions in a program whose outputs are the tensors `outputs`.
    pub(super) fn join_chains(&mut self, outputs: &[usize]) {
        let mut left = MOST_LOOKS;
        for _ in 0..MOST_ROUNDS {
            if !self.join_groups(outputs, &mut left) {
                break;
            }
        }
    }

    /// Makes one plan of each group, or of its last plans if the whole group cannot be joined.
    /// Returns whether plans of a group were left over.
    fn join_groups(&mut self, outputs: &[usize], left: &mut usize) -> bool {
        let roots = self.roots(outputs);
        let mut groups: Vec<Vec<usize>> = vec![vec![]; self.plans.len()];
        for (at, root) in roots.iter().enumerate() {
            root.iter().for_each(|&root| groups[root].push(at));
        }
        let mut plans: Vec<Option<Plan>> =
            mem::take(&mut self.plans).into_iter().map(Some).collect();
        let mut is_rest = false;
        for (root, group) in groups.iter().enumerate() {
            // For a group of 16: tries all 16 plans, then the last 15, 14, 12 and 8.
            let firsts = [0, 1, 2, 4, 8].into_iter().take_while(|first| first + 1 < group.len());
            for group in firsts.map(|first| &group[first..]) {
                if let Some(chain) = self.chain(&plans, root, group, left) {
                    group.iter().for_each(|&at| plans[at] = None);
                    plans[root] = Some(chain);
                    is_rest |= group.len() < groups[root].len();
                    break;
                }
            }
        }
        self.plans = plans.into_iter().flatten().collect();
        is_rest
    }

    /// For each elementwise plan, the root of its group.
    fn roots(&self, outputs: &[usize]) -> Vec<Option<usize>> {
        let uses = self.uses();
        let mut roots: Vec<Option<usize>> = vec![None; self.plans.len()];
        let mut sizes = vec![1; self.plans.len()];
        for (at, plan) in self.plans.iter().enumerate().rev() {
            let Some(each) = plan.each().filter(Each::fits) else { continue };
            let result = each.result;
            let is_own = self.sole_maker(&uses, result, outputs).is_some();
            let mut of_readers = uses.readers[result].iter().map(|&reader| roots[reader]);
            let root = of_readers.next().flatten().filter(|root| {
                is_own
                    && of_readers.all(|other| other == Some(*root))
                    && sizes[*root] < MOST_LINKS
                    // A number that many others depend on is computed only once.
                    && self.plans[*root].each().is_some_and(|of| of.numbers() <= each.numbers())
            });
            roots[at] = Some(root.unwrap_or(at));
            root.iter().for_each(|&root| sizes[root] += 1);
        }
        roots
    }

    /// The plans of a group joined into one; `None` if that is impossible.
    fn chain(
        &self,
        plans: &[Option<Plan>],
        root: usize,
        group: &[usize],
        left: &mut usize,
    ) -> Option<Plan> {
        let each = |at: usize| plans.get(at)?.as_ref()?.each();
        let last = each(root)?;
        let makers = group.iter().filter(|&&at| at != root).filter_map(|&at| each(at)).collect();
        let places: Vec<usize> = (0..last.numbers()).map(|number| last.place(0, number)).collect();
        let single: usize = group.iter().filter_map(|&at| Some(each(at)?.numbers())).sum();
        let (links, leaves, made) = (vec![], vec![], vec![]);
        let mut links = Links { makers, rows: &self.buffers, links, leaves, made, left };
        links.link(&last, (0..places.len()).collect())?;
        let Links { links, leaves, .. } = links;
        // Numbers that several views read would be computed once for each view.
        let is_more = links.len() * places.len() > single;
        let reads_own = leaves.iter().any(|leaf| leaf.0 == Source::Tensor(last.result));
        if links.is_empty() || is_more || reads_own {
            return None;
        }
        let tensors = leaves.iter().map(|leaf| &leaf.1).chain([&places]);
        let (steps, len) = runs(tensors.map(|places| &places[..]))?;
        let (&step, of_leaves) = steps.split_last()?;
        if step != 1 || len < Chain::SHORTEST {
            return None;
        }
        let runs = |places: &[usize], step, row| {
            let offsets = places.iter().copied().step_by(len).collect();
            Runs { row, offsets, step }
        };
        let row = |source: Source| self.row_of(source);
        let count = leaves.len();
        let number = |value: Value| match value {
            Value::Leaf(at) => at,
            Value::Link(at) => count + at,
        };
        let links = links.into_iter().map(|(function, operands)| {
            let operands = operands.map(number);
            Link { function, operands }
        });
        Some(Plan::Chain {
            links: links.collect(),
            results: runs(&places, step, row(Source::Tensor(last.result))),
            leaves: leaves
                .into_iter()
                .zip(of_leaves)
                .map(|((source, places), &step)| (source, runs(&places, step, row(source))))
                .collect(),
            len,
            result: last.result,
        })
    }
}

/// The step of each list of places (0 or 1), and the longest length of runs that all lists share.
/// `None` if a list has another step.
fn runs<'p>(lists: impl Iterator<Item = &'p [usize]>) -> Option<(Vec<usize>, usize)> {
    let (mut steps, mut len) = (vec![], 0);
    for places in lists {
        let step = places.get(1)?.checked_sub(places[0]).filter(|&step| step <= 1)?;
        let breaks = places.windows(2).zip(1..).filter(|(pair, _)| pair[0] + step != pair[1]);
        len =
            breaks.fold(common_divisor(len, places.len()), |len, (_, at)| common_divisor(len, at));
        steps.push(step);
    }
    Some((steps, len))
}

/// The greatest common divisor. With 0 it is the other number.
pub(super) fn common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

/// A value of a chain under construction.
#[derive(Clone, Copy)]
enum Value {
    Leaf(usize),
    Link(usize),
}

/// A chain under construction. It grows from its end.
struct Links<'p> {
    /// The plans of the group without the root. Each is the only plan that writes its tensor.
    makers: Vec<Each<'p>>,
    rows: &'p [Tensors],
    links: Vec<(Function, [Value; 2])>,
    /// Tensors, and the place in them that belongs to each number of the results.
    leaves: Vec<(Source, Vec<usize>)>,
    /// Values that exist already, with the tensor and the places that they stand for.
    made: Vec<(Source, Vec<usize>, Value)>,
    /// How many more numbers may be analysed.
    left: &'p mut usize,
}

impl Links<'_> {
    /// The value for the numbers at `places` of a tensor. Adds leaves and links for it if needed.
    fn value(&mut self, source: Source, places: Vec<usize>) -> Option<Value> {
        let row = source.tensor().map_or(0, |tensor| self.rows[tensor].row);
        *self.left = self.left.checked_sub(row + places.len() * (self.made.len() + 1))?;
        let is_it = |made: &&(Source, Vec<usize>, Value)| made.0 == source && made.1 == places;
        if let Some((_, _, value)) = self.made.iter().find(is_it) {
            return Some(*value);
        }
        let maker = self.makers.iter().position(|maker| source == Source::Tensor(maker.result));
        let value = match maker {
            Some(maker) => {
                let each = self.makers.swap_remove(maker);
                let numbers = self.numbers(&each, &places);
                let value = numbers.and_then(|numbers| self.link(&each, numbers));
                self.makers.push(each);
                value?
            }
            None if self.leaves.len() == MOST_LEAVES => return None,
            None => {
                self.leaves.push((source, places.clone()));
                Value::Leaf(self.leaves.len() - 1)
            }
        };
        self.made.push((source, places, value));
        Some(value)
    }

    /// The indices of the plan's results that lie at `places`.
    fn numbers(&self, each: &Each<'_>, places: &[usize]) -> Option<Vec<usize>> {
        let mut numbers = vec![None; self.rows[each.result].row];
        for number in 0..each.numbers() {
            *numbers.get_mut(each.place(0, number))? = Some(number);
        }
        places.iter().map(|&place| *numbers.get(place)?).collect()
    }

    /// Adds a link that computes the given numbers of a plan's results.
    fn link(&mut self, each: &Each<'_>, numbers: Vec<usize>) -> Option<Value> {
        let mut operands = vec![];
        for (of, &source) in each.operands.iter().enumerate() {
            let places = numbers.iter().map(|&number| each.place(of + 1, number)).collect();
            operands.push(self.value(source, places)?);
        }
        let (&a, &b) = (operands.first()?, operands.last()?);
        if each.function == Function::Unary(Unary::Same) {
            return Some(a);
        }
        if self.links.len() == MOST_LINKS {
            return None;
        }
        self.links.push((each.function, [a, b]));
        Some(Value::Link(self.links.len() - 1))
    }
}
