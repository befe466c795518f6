// pleat validate and pleat ccd build as typed.
#include <gmock/gmock.h>

#include "tests/cli/program.h"
#include "tests/support.h"

namespace pleat::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kGood =
    R"({"name": "good", "modelSeeds": [5, 6], "dialect": "alphafold3", "version": 4, "sequences": [
  {"protein": {"id": ["A", "B"], "sequence": "MKSTYU", "modifications": [{"ptmType": "SEP", "ptmPosition": 3}]}},
  {"ligand": {"id": "C", "ccdCodes": ["ATP"]}}]})";

using ValidateTest = ProgramTest;

// A job of these sequences, and of more keys.
std::string job_of(const std::string& sequences, const std::string& more = "") {
  return R"({"name": "j", "modelSeeds": [1], "dialect": "alphafold3", "version": 4, )" + more +
         R"("sequences": [)" + sequences + "]}";
}

TEST_F(ValidateTest, SaysHowLargeAJobIs) {
  write_file(folder_ / "good.json", kGood);
  const Run run = pleat("validate good.json --buckets 16,64");
  EXPECT_EQ(run.status, 0) << run.err;
  // 2 x (5 residues + 10 atoms of SEP) + 31 atoms of ATP
  EXPECT_THAT(run.out, HasSubstr("good.json: $ good\n  protein 6 residues, 1 modification (chains A, B)\n"
                                 "  ligand  ATP (chain C)\n  61 tokens"));
  EXPECT_THAT(run.out, HasSubstr("bucket 64; 2 seeds\n  no problems\n"));
}

TEST_F(ValidateTest, FindsEveryProblemOfEveryFile) {
  write_file(folder_ / "good.json", kGood);
  write_file(folder_ / "bad.json", R"({"name": "bad", "modelSeeds": [], "dialect": "alphafold3", "version": 4,
    "sequences": [{"ligand": {"id": "L", "smiles": "C1CC"}}, {"ligand": {"id": "M", "ccdCodes": ["NOPE", "ATP"]}},
                  {"protein": {"id": "A", "sequence": "MKSTY", "tempates": []}}],
    "bondedAtomPairs": [[["A", 2, "SG"], ["M", 2, "PA"]]]})");
  write_file(folder_ / "server.json",
             R"({"name": "s", "modelSeeds": [1], "dialect": "alphafoldserver", "version": 1,
    "sequences": [{"proteinChain": {"sequence": "MK", "count": 1}}]})");
  const Run run = pleat("validate bad.json good.json server.json absent.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("bad.json: $ bad\n  5 problems:\n"));
  EXPECT_THAT(run.out, HasSubstr("    bad.json: $.modelSeeds: the list of seeds is empty"));
  EXPECT_THAT(
      run.out,
      HasSubstr(
          "    bad.json: $.sequences[0].ligand.smiles: SMILES 'C1CC': SMILES Parse Error: unclosed ring"));
  EXPECT_THAT(
      run.out,
      HasSubstr("    bad.json: $.sequences[1].ligand.ccdCodes[0]: the chemical component NOPE is not"));
  EXPECT_THAT(
      run.out,
      HasSubstr("    bad.json: $.sequences[2].protein: unknown key 'tempates'. Did you mean 'templates'?"));
  EXPECT_THAT(
      run.out,
      HasSubstr(
          "    bad.json: $.bondedAtomPairs[0][0][2]: component LYS has no atom SG. Its atoms are C CA"));
  EXPECT_THAT(run.out, HasSubstr("good.json: $ good\n  protein"));
  EXPECT_THAT(
      run.out,
      HasSubstr("    server.json: $.dialect: found \"alphafoldserver\" as the dialect of a JSON object"));
  EXPECT_THAT(run.out, HasSubstr("go in a list"));
  EXPECT_THAT(run.out, HasSubstr("absent.json: the file can't be read"));
  EXPECT_EQ(pleat("validate").status, 2);
}

TEST_F(ValidateTest, PredictRefusesTheSameBeforeAnyWork) {
  std::string text = kGood;
  text.replace(text.find("ATP"), 3, "NOPE");
  write_file(folder_ / "job.json", text);
  const Run run = pleat("predict --json_path job.json --output_dir out --norun_inference");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      run.err,
      HasSubstr("pleat: error: job.json: $.sequences[1].ligand.ccdCodes[0]: the chemical component NOPE"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

// What only the whole structure shows: OP3 leaves where the residue is linked to one before it.
TEST_F(ValidateTest, StructuresThatCanNotBeMadeAreProblems) {
  write_file(folder_ / "job.json", R"({"name": "j", "modelSeeds": [1], "dialect": "alphafold3", "version": 4,
    "sequences": [{"rna": {"id": "A", "sequence": "ACGU"}}, {"ligand": {"id": "L", "ccdCodes": ["ATP"]}}],
    "bondedAtomPairs": [[["A", 2, "OP3"], ["L", 1, "PA"]]]})");
  const Run run = pleat("validate job.json");
  EXPECT_EQ(run.status, 1) << run.out;
  EXPECT_THAT(run.out,
              HasSubstr("job.json: $.bondedAtomPairs[0][0][2]: the atom OP3 of chain A, residue 2, "));
}

// Neither the first of them nor a problem elsewhere hides another.
TEST_F(ValidateTest, EveryProblemOfTheStructureIsReportedBesideOthers) {
  const auto run = [&](const std::string& sequences, const std::string& more) {
    std::string text = job_of(sequences, more);
    text.replace(text.find("[1]"), 3, "[-1]");
    write_file(folder_ / "job.json", text);
    return pleat("validate job.json").out;
  };
  const std::string bonds =
      run(R"({"rna": {"id": "R", "sequence": "ACGUACGU"}}, {"ligand": {"id": "G", "ccdCodes": ["NAG"]}})",
          R"("bondedAtomPairs": [[["R", 1, "O2'"], ["G", 1, "C1"]], [["R", 3, "OP3"], ["G", 1, "C3"]],
             [["G", 1, "C4"], ["R", 4, "OP3"]]], )");
  EXPECT_THAT(bonds, HasSubstr("  3 problems:\n    job.json: $.modelSeeds[0]: "));
  EXPECT_THAT(
      bonds,
      HasSubstr("    job.json: $.bondedAtomPairs[1][0][2]: the atom OP3 of chain R, residue 3, leaves"));
  EXPECT_THAT(
      bonds,
      HasSubstr("    job.json: $.bondedAtomPairs[2][1][2]: the atom OP3 of chain R, residue 4, leaves"));
  EXPECT_THAT(run(R"({"protein": {"id": "A", "sequence": "XXXX"}})", ""),
              HasSubstr("there is nothing to predict"));
}

TEST_F(ValidateTest, NamesOfSmilesLigandsAreCheckedWhereTheyStand) {
  const std::string component =
      "data_LIG_L\\n_chem_comp.id LIG_L\\n_chem_comp.name x\\n_chem_comp.type "
      "non-polymer\\n_chem_comp.formula "
      "C\\n_chem_comp.mon_nstd_parent_comp_id ?\\n_chem_comp.pdbx_synonyms ?\\n_chem_comp.formula_weight "
      "28.0\\nloop_\\n_chem_comp_atom.comp_id\\n_chem_comp_atom.atom_id\\n_chem_comp_atom.type_symbol\\n_"
      "chem_comp_"
      "atom.charge\\n_chem_comp_atom.pdbx_model_Cartn_x_ideal\\n_chem_comp_atom.pdbx_model_Cartn_y_ideal\\n_"
      "chem_"
      "comp_atom.pdbx_model_Cartn_z_ideal\\nLIG_L C1 C 0 0.0 0.0 0.1\\nLIG_L O1 O 0 1.2 0.0 "
      "0.1\\nloop_\\n_chem_comp_bond.atom_id_1\\n_chem_comp_bond.atom_id_2\\n_chem_comp_bond.value_order\\n_"
      "chem_"
      "comp_bond.pdbx_aromatic_flag\\nC1 O1 SING N\\n";
  write_file(folder_ / "job.json", job_of(R"({"ligand": {"id": ["K", "L"], "smiles": "CCO"}})",
                                          R"("userCCD": ")" + component + R"(", )"));
  EXPECT_THAT(
      pleat("validate job.json").out,
      HasSubstr("  1 problem:\n    job.json: $.sequences[0].ligand: the SMILES ligand would be named LIG_L"));
}

TEST_F(ValidateTest, SmilesBesideCodesAreReadToo) {
  write_file(folder_ / "job.json", job_of(R"({"ligand": {"id": "L", "ccdCodes": ["ATP"], "smiles": "C("}})"));
  const Run run = pleat("validate job.json");
  EXPECT_THAT(run.out, HasSubstr("job.json: $.sequences[0].ligand.smiles: SMILES 'C('"));
  EXPECT_THAT(run.out, HasSubstr("job.json: $.sequences[0].ligand: the ligand has both ccdCodes and smiles"));
}

// What the input says can't pass for what pleat says.
TEST_F(ValidateTest, TextsOfTheInputForgeNoOutput) {
  const auto named = [&](const std::string& name) {
    std::string text = job_of(R"({"protein": {"id": "A", "sequence": "MKV", "unpairedMsaPath": "a\u0000b"}})",
                              "\"" + std::string(100000, 'k') + "\": 1, ");
    text.replace(text.find("\"j\"") + 1, 1, name);
    write_file(folder_ / "job.json", text);
    return pleat("validate job.json").out;
  };
  const std::string forged = named(R"(good\n  no problems\nevil.json: $ \u001b[31mx)");
  EXPECT_THAT(forged,
              StartsWith("job.json: $ good   no problems evil.json: $ \\u001b[31mx\n  2 problems:\n"));
  EXPECT_THAT(
      forged,
      HasSubstr(
          "$.sequences[0].protein.unpairedMsaPath: found the path \"a\\u0000b\" with a null character"));
  EXPECT_LT(named(std::string(1000000, 'n')).size(), 2000u);
}

// The network's inputs have room for as many bonds of polymers as tokens, and ten times that of ligands'.
TEST_F(ValidateTest, MoreBondsThanTheNetworkTakesAreAProblem) {
  const std::vector<std::string> atoms = {"PG",  "O1G", "O2G", "O3G", "PB", "O1B", "O2B", "O3B", "PA", "O1A",
                                          "O2A", "O3A", "C4",  "C5",  "C6", "N1",  "C2",  "N3",  "N7"};
  const auto bonds = [&](const std::string& one, const std::vector<std::string>& of_one,
                         const std::string& other) {
    std::string list;
    for (const std::string& from : of_one) {
      for (const std::string& to : atoms)
        list += (list.empty() ? "" : ",") +
                (R"([[")" + one + R"(",1,")" + from + R"("],[")" + other + R"(",1,")" + to + R"("]])");
    }
    return list;
  };
  const auto run = [&](const std::string& entities, const std::string& list) {
    write_file(folder_ / "job.json", job_of(entities, R"("bondedAtomPairs": [)" + list + "], "));
    return pleat("validate job.json --buckets 16");  // larger jobs have the bucket that they need
  };
  const std::string two = R"({"ligand": {"id": ["A", "B"], "ccdCodes": ["ATP"]}})";  // 62 tokens
  EXPECT_EQ(run(two, bonds("A", atoms, "B")).status, 0);
  const Run ligands = run(two, bonds("A", atoms, "B") + "," + bonds("B", atoms, "A"));
  EXPECT_EQ(ligands.status, 1);
  EXPECT_THAT(ligands.out, HasSubstr("job.json: $.bondedAtomPairs: the job has "));
  EXPECT_THAT(ligands.out, HasSubstr("the network takes at most 620"));
  const std::string chain =
      R"({"protein": {"id": "P", "sequence": "MKSTY"}}, {"ligand": {"id": "A", "ccdCodes": ["ATP"]}})";
  EXPECT_EQ(run(chain, bonds("P", {"N"}, "A")).status, 0);
  EXPECT_THAT(run(chain, bonds("P", {"N", "CA", "C"}, "A")).out,
              HasSubstr("job.json: $.bondedAtomPairs: the job has 57 bonds; the network takes at most 36"));
}

TEST_F(ValidateTest, ALongNameIsReportedBesideOtherProblems) {
  std::string text = job_of(R"({"ligand": {"id": "A", "ccdCodes": ["NOPE"]}})");
  text.replace(text.find("\"j\"") + 1, 1, std::string(190, 'n'));
  write_file(folder_ / "job.json", text);
  const Run run = pleat("validate job.json");
  EXPECT_THAT(run.out, HasSubstr("  2 problems:\n"));
  EXPECT_THAT(run.out, HasSubstr("job.json: $.name: the name has 190 characters"));
  EXPECT_THAT(run.out, HasSubstr("$.sequences[0].ligand.ccdCodes[0]: the chemical component NOPE"));
}

// A protein's MSAs and templates are searched for together, or given.
TEST_F(ValidateTest, WhatIsGivenPartlyIsAProblem) {
  const auto run = [&](const std::string& command, const std::string& fields) {
    write_file(folder_ / "job.json",
               job_of(R"({"protein": {"id": ["A", "B"], "sequence": "MKSTY")" + fields + "}}"));
    return pleat(command);
  };
  const std::string unpaired = R"(, "unpairedMsa": "")", paired = R"(, "pairedMsa": "")",
                    none = R"(, "templates": [])", some = R"(, "templates": null)";
  for (const std::string& fields : {std::string(), none, some, unpaired + paired, unpaired + paired + none})
    EXPECT_EQ(run("validate job.json", fields).status, 0) << fields;
  const std::string place = "job.json: $.sequences[0].protein: ";
  const Run no_paired = run("validate job.json", unpaired + none);
  EXPECT_EQ(no_paired.status, 1);
  EXPECT_THAT(no_paired.out,
              HasSubstr("  1 problem:\n    " + place +
                        "the paired MSA is missing: pairedMsa is null, but the other MSA is given"));
  EXPECT_THAT(run("validate job.json", paired).out, HasSubstr(place + "the unpaired MSA is missing"));
  // Other problems of the entity hide no gap.
  const Run both = run("validate job.json",
                       unpaired + none + R"(, "modifications": [{"ptmType": "SEP", "ptmPosition": 9}])");
  EXPECT_THAT(
      both.out,
      HasSubstr("  2 problems:\n    job.json: $.sequences[0].protein.modifications[0].ptmPosition: "));
  EXPECT_THAT(both.out, HasSubstr(place + "the paired MSA is missing"));
  EXPECT_THAT(run("validate job.json", unpaired + none + R"(, "pairedMsaPath": "absent")").out,
              HasSubstr("  1 problem:\n"));
  // predict and search say the same before any work, and follow their flags.
  const std::string search = "search --json_path job.json --output_dir out --db_dir none ";
  EXPECT_THAT(run(search, unpaired).err, HasSubstr(place + "the paired MSA is missing"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / "j"));
  EXPECT_EQ(run(search + "--norun_msa_search --norun_template_search", unpaired).status, 0);
  const Run bare = run("predict --json_path job.json --output_dir out --norun_data_pipeline", unpaired);
  EXPECT_EQ(bare.status, 1);
  EXPECT_THAT(bare.err, HasSubstr(place + "the paired MSA is missing: pairedMsa is null. Set pairedMsa"));
  EXPECT_THAT(bare.err, HasSubstr(place + "the templates are missing: templates is null"));
  EXPECT_THAT(run("featurise --json_path job.json --output_dir out", unpaired + paired).err,
              HasSubstr(place + "the templates are missing"));
}

// Paired MSAs are read where featurise pairs: proteins are compared after modification, without dropped ones.
TEST_F(ValidateTest, PairedAlignmentsAreJudgedWhereTheyAreRead) {
  const auto run = [&](const std::string& sequence, const std::string& modification) {
    const std::string fields = R"(, "unpairedMsa": "", "templates": [], "pairedMsa": )";
    write_file(folder_ / "job.json",
               job_of(R"({"protein": {"id": "A", "sequence": "MKSTYW", "modifications": [{"ptmType": ")" +
                      modification + R"(", "ptmPosition": 3}])" + fields + R"(">q\nMK\n"}},
                      {"protein": {"id": "B", "sequence": ")" +
                      sequence + "\"" + fields + "\"\"}}"));
    return pleat("validate job.json");
  };
  EXPECT_EQ(run("MKSTYW", "SEP").status, 0) << "SEP is a serine";
  EXPECT_EQ(run("MKXTYW", "UNK").status, 0);
  EXPECT_EQ(run("XXXXXX", "SEP").status, 0);
  EXPECT_THAT(run("MKSTYW", "UNK").out,
              HasSubstr("1 problem:\n    job.json: $.sequences[0].protein.pairedMsa: row 1 (>q)"));
}

TEST_F(ValidateTest, WhatHasNoEffectIsWarnedOf) {
  const std::string cases = (test::kGolden / "cases").string();
  for (const auto& [name, warning] :
       std::map<std::string, std::string>{{"B02_disulfide_polymer", "$.bondedAtomPairs[0]: the bond "},
                                          {"B02_head_tail", "both atoms are in polymers"},
                                          {"B11_ace_cy3_bond", "both atoms are in polymers"},
                                          {"D_self", "it joins an atom to itself"},
                                          {"D_homomer_templates", "these templates have no effect"},
                                          {"J_server_two", "$[1].name: "}}) {
    const Run run = pleat("validate '" + cases + "/" + name + "/input.json'");
    EXPECT_EQ(run.status, 0) << name;
    EXPECT_THAT(run.out, HasSubstr(warning)) << name;
  }
  const Run hydrogen = pleat("validate '" + cases + "/B15_HH/input.json'");
  EXPECT_EQ(hydrogen.status, 1);
  EXPECT_THAT(hydrogen.out, HasSubstr(".ligand.smiles: the molecule consists of hydrogens"));
}

// RDKit finds no conformer of a molecule that can't be, and SMILES bring no coordinates.
TEST_F(ValidateTest, UnknownReferencePositionsAreToldBeforeTheRun) {
  write_file(folder_ / "job.json",
             job_of(R"({"ligand": {"id": ["L", "M"], "smiles": "C123C45C16C7C8C2C3C4C5C6C78"}})"));
  const Run run = pleat("validate job.json --conformer_max_iterations 1");
  EXPECT_EQ(run.status, 0) << run.out;
  EXPECT_THAT(run.out, HasSubstr("chain L, residue 1 (LIG_L): the reference positions of LIG_L are unknown"));
}

TEST_F(ValidateTest, EmptyPathsAndRepeatedValuesAreWarnedOf) {
  std::string job = job_of(R"({"protein": {"id": "A", "sequence": "MKSTY", "pairedMsaPath": ""}})");
  job.replace(job.find("[1]"), 3, "[5, 6, 5]");
  write_file(folder_ / "job.json", job);
  const Run run = pleat("validate job.json");
  EXPECT_THAT(run.out, HasSubstr("$.modelSeeds[2]: the seed 5 stands in the list before"));
  EXPECT_THAT(run.out, HasSubstr("protein.pairedMsaPath: the path is empty. 'pairedMsa' counts as absent"));
}

TEST_F(ValidateTest, UnknownResiduesAreWarnedOf) {
  write_file(folder_ / "job.json", job_of(R"(
    {"protein": {"id": ["A", "B"], "sequence": "MKsTyX"}},
    {"protein": {"id": "C", "sequence": "MKUSU", "modifications": [{"ptmType": "SEC", "ptmPosition": 5},
                                                                  {"ptmType": "UNK", "ptmPosition": 2}]}},
    {"rna": {"id": "R", "sequence": "ACGTN"}}, {"dna": {"id": "D", "sequence": "NNN"}},
    {"dna": {"id": "E", "sequence": "ACGT"}})"));
  const Run run = pleat("validate job.json");
  EXPECT_EQ(run.status, 0);
  const std::string place = "    job.json: $.sequences";
  EXPECT_THAT(
      run.out,
      HasSubstr("  no problems\n  4 warnings:\n" + place +
                "[0].protein.sequence: 's' at position 3 and 1 more are unknown residues. Write "
                "residues in capital letters.\n" +
                place +
                "[1].protein.sequence: 'U' at position 3 is an unknown residue. The residues are "
                "ACDEFGHIKLMNPQRSTVWY; give others in modifications.\n" +
                place +
                "[2].rna.sequence: 'T' at position 4 is an unknown residue. The bases are A, C, G and U.\n" +
                place + "[3].dna.sequence: all residues are unknown, so pleat will not predict the chain\n"));
  const Run search =
      pleat("search --json_path job.json --output_dir out --norun_msa_search --norun_template_search");
  EXPECT_EQ(search.status, 0) << search.err;
  EXPECT_THAT(search.err, HasSubstr("warning: job.json: $.sequences[2].rna.sequence: 'T' at position 4"));
}

// What AlphaFold 3 would find only when it searches for templates with it.
TEST_F(ValidateTest, AlignmentsWithoutHeadersAreToldAtTheirPath) {
  const auto run = [&](const std::string& templates) {
    write_file(folder_ / "msa.a3m", "MKSTY\n");
    write_file(
        folder_ / "job.json",
        job_of(
            R"({"protein": {"id": "A", "sequence": "MKSTY", "unpairedMsaPath": "msa.a3m", "pairedMsa": "")" +
            templates + "}}"));
    return pleat("validate job.json");
  };
  EXPECT_EQ(run("").status, 1);
  EXPECT_THAT(
      run("").out,
      HasSubstr(
          "1 problem:\n    job.json: $.sequences[0].protein.unpairedMsaPath: the alignment has no row"));
  const std::string none = R"(, "templates": [])";
  EXPECT_EQ(run(none).status, 0);
  EXPECT_THAT(
      run(none).out,
      HasSubstr(
          "1 warning:\n    job.json: $.sequences[0].protein.unpairedMsaPath: the alignment has no row"));
}

// A faulty component is reported where it is defined, not where it is used.
TEST_F(ValidateTest, AFaultyUserComponentIsToldOnce) {
  write_file(
      folder_ / "job.json",
      job_of(
          R"({"ligand": {"id": "L", "ccdCodes": ["MINE"]}})",
          R"("userCCD": "data_MINE\n_chem_comp.id MINE\n", "bondedAtomPairs": [[["L", 1, "C1"], ["L", 1, "C2"]]], )"));
  const Run run = pleat("validate job.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(
      run.out,
      HasSubstr("  1 problem:\n    job.json: $.userCCD: data_MINE: the component lacks _chem_comp.name"));
}

TEST_F(ValidateTest, AUserDictionaryThatIsNotThereIsToldOnce) {
  write_file(folder_ / "job.json", job_of(R"({"ligand": {"id": "L", "ccdCodes": ["MINE", "ATP"]}})",
                                          R"("userCCDPath": "mine.cif", )"));
  const Run run = pleat("validate job.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out,
              HasSubstr("  1 problem:\n    job.json: $.userCCDPath: mine.cif: the file can't be read"));
}

// A SMILES ligand's atoms are counted before they are ranked, which would take hours for so many.
TEST_F(ValidateTest, SmilesWithTooManyAtoms) {
  write_file(folder_ / "job.json",
             job_of(R"({"ligand": {"id": "L", "smiles": ")" + std::string(20000, 'C') + R"("}})"));
  const Run run = pleat("validate job.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("job.json: $.sequences[0].ligand.smiles: the molecule has too many atoms"));
}

// The copies of a large alignment do not fit; the next file is checked all the same.
TEST_F(ValidateTest, AJobTooLargeForTheMemoryKeepsNoOtherFromBeingChecked) {
  std::string ids;
  for (int i = 0; i < 26 * 26 * 26; ++i) {
    ids += ids.empty() ? "\"" : ", \"";
    for (const int letter : {i / 676, i / 26 % 26, i % 26}) ids += static_cast<char>('A' + letter);
    ids += '"';
  }
  write_file(folder_ / "large.json",
             job_of(R"({"protein": {"id": [)" + ids + R"(], "sequence": "M", "unpairedMsa": ">q\nM\n)" +
                    std::string(2000000, '-') + R"("}})"));
  write_file(folder_ / "good.json", kGood);
  const Run run =
      pleat("--help >help && ulimit -v 1500000 && " PLEAT_PROGRAM " validate large.json good.json");
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.out, HasSubstr("large.json: out of memory"));
  EXPECT_THAT(run.out, HasSubstr("good.json: $ good\n  protein"));
}

// The records of a FASTA file are held to the same rules.
TEST_F(ValidateTest, FastaJobsAreChecked) {
  write_file(folder_ / "f.fa", ">good\nMKSTYB\n>unknown\nXXXX\n>" + std::string(190, 'n') + "\nMKV\n");
  const Run run =
      pleat("search --fasta_path f.fa --output_dir out --norun_msa_search --norun_template_search");
  EXPECT_EQ(run.status, 3);
  EXPECT_THAT(run.err, HasSubstr("f.fa: record 1 (good): 'B' at position 6 is an unknown residue"));
  EXPECT_THAT(run.err, HasSubstr("f.fa: record 2 (unknown): job \"unknown\": all residues are unknown or "
                                 "hydrogen, so there is nothing to predict"));
  EXPECT_THAT(run.err, HasSubstr(": the name has 190 characters"));
  EXPECT_TRUE(fs::exists(folder_ / "out" / "good" / "good_data.json"));
}

TEST_F(ValidateTest, ADictionaryIsBuiltAndUsed) {
  const std::string cif = (test::kGolden / "components_subset.cif.zst").string();
  const Run built = pleat("ccd build '" + cif + "' --output ccd.bin");
  ASSERT_EQ(built.status, 0) << built.err;
  EXPECT_THAT(built.err, HasSubstr("Wrote 356 components to ccd.bin"));
  write_file(folder_ / "good.json", kGood);
  EXPECT_EQ(pleat("validate good.json --ccd ccd.bin").out, pleat("validate good.json").out);
  const Run damaged = pleat("validate good.json --ccd good.json");
  EXPECT_EQ(damaged.status, 1);
  EXPECT_THAT(damaged.err, HasSubstr("good.json"));
  const Run typo = pleat("ccd bulid x");
  EXPECT_EQ(typo.status, 2);
  EXPECT_THAT(typo.err, HasSubstr("Did you mean 'ccd build'?"));
  EXPECT_EQ(pleat("ccd build absent.cif --output x.bin").status, 1);
  EXPECT_THAT(pleat("ccd build").err, Not(HasSubstr("unknown")));
}

}  // namespace
}  // namespace pleat::cli
